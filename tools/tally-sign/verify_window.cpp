#include "verify_window.hpp"

#include <fmt/format.h>
#include <numeric>

#include "core/clock.hpp"
#include "core/threads.hpp"

namespace tally::sign {
namespace {

// What a question has in parts: its id, its reason, its bytes.
constexpr std::size_t kParts = 3;

}  // namespace

Result<std::unique_ptr<VerifyWindow>> VerifyWindow::make(
    const Options& wish, std::function<void(const Question&)> answer) {
  crypto::BatchVerifier::Options options;
  options.backend = wish.backend;
  options.slice_items = kSliceItems;
  options.cpus = core::worker_cpus(wish.threads);
  options.table = wish.table;
  if (options.cpus.size() < wish.threads) {
    return fail(Code::usage, fmt::format("--threads {}: this process may run on {} processors",
                                         wish.threads, options.cpus.size()));
  }
  TALLY_TRY(auto verifier, crypto::BatchVerifier::make(std::move(options)));
  // Each worker has a slice to work on and one waiting, while another is filled.
  const std::size_t places = kSliceItems * (2 * wish.threads + 1);
  return std::unique_ptr<VerifyWindow>(
      new VerifyWindow(std::move(verifier), places, std::move(answer)));
}

VerifyWindow::VerifyWindow(std::unique_ptr<crypto::BatchVerifier> verifier, std::size_t places,
                           std::function<void(const Question&)> answer)
    : answer_(std::move(answer)),
      questions_(places),
      completions_(kSliceItems),
      verifier_(std::move(verifier)) {}

Question& VerifyWindow::place() {
  while (asked_ - answered_ == questions_.size() || bytes_ > kMostBytes) {
    if (take_verdicts()) continue;
    verifier_->flush();
  }
  return at(asked_);
}

void VerifyWindow::push() {
  Question& question = at(asked_);
  question.item.tag = asked_++;
  question.charged_bytes = question.held_bytes();
  bytes_ += question.charged_bytes;
  if (!question.settled) {
    ++items_;
    verifier_->submit({&question.item, 1});
  } else if (asked_ - answered_ == 1) {
    answer_settled();
  }
}

void VerifyWindow::drain() {
  verifier_->flush();
  while (take_verdicts()) {
  }
  answer_settled();
}

std::size_t VerifyWindow::held_bytes() const {
  return std::accumulate(
      questions_.begin(), questions_.end(), std::size_t{0},
      [](std::size_t sum, const Question& question) { return sum + question.held_bytes(); });
}

// False when no verdict is on its way.
bool VerifyWindow::take_verdicts() {
  const std::uint64_t begin_ns = core::monotonic_ns();
  const std::size_t count = verifier_->complete(completions_);
  waited_ns_ += core::monotonic_ns() - begin_ns;
  for (std::size_t i = 0; i < count; ++i) settle(completions_[i].verdict, at(completions_[i].tag));
  if (count > 0) answer_settled();
  return count > 0;
}

void VerifyWindow::answer_settled() {
  for (; answered_ < asked_ && at(answered_).settled; ++answered_) {
    Question& question = at(answered_);
    answer_(question);
    bytes_ -= question.charged_bytes;
    question.give_back(kMostBytes / (kParts * questions_.size()));
  }
}

}  // namespace tally::sign
