// Questions on their way through a batch verifier: asked in the order of the input, answered in
// that order, with a bound on how many are held and how many bytes they have: kMostBytes and the
// question that passes it. What places keep for later questions is kMostBytes at most as well.
//
// One thread, beside the verifier's workers. The places are allocated by the constructor, the bytes
// of a question as it comes.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "crypto/batch_verifier.hpp"
#include "verify_line.hpp"

namespace tally::sign {

class VerifyWindow {
 public:
  static constexpr std::size_t kSliceItems = 2048;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20U;

  struct Options {
    crypto::BackendKind backend = crypto::BackendKind::automatic;
    std::size_t threads = 0;  // workers, each pinned to a processor; none: the caller verifies
    std::shared_ptr<const crypto::KeyTable> table = nullptr;
  };
  // `answer` is given each question once, settled. Errors: usage for more threads than processors;
  // those of crypto::BatchVerifier.
  [[nodiscard]] static Result<std::unique_ptr<VerifyWindow>> make(
      const Options& options, std::function<void(const Question&)> answer);

  // A place for the next question, whose memory may be used again; waits for verdicts when there is
  // none. It is to be filled, and then handed over by push().
  [[nodiscard]] Question& place();
  void push();
  // Answers all that was pushed.
  void drain();

  [[nodiscard]] const crypto::BatchVerifier& verifier() const { return *verifier_; }
  // Items that went to the verifier, and how long the calling thread waited for verdicts.
  [[nodiscard]] std::uint64_t items() const { return items_; }
  [[nodiscard]] std::uint64_t waited_ns() const { return waited_ns_; }
  // That the questions in all places keep allocated; looks at each.
  [[nodiscard]] std::size_t held_bytes() const;

 private:
  VerifyWindow(std::unique_ptr<crypto::BatchVerifier> verifier, std::size_t places,
               std::function<void(const Question&)> answer);
  Question& at(std::uint64_t count) { return questions_[count % questions_.size()]; }
  bool take_verdicts();
  void answer_settled();

  std::function<void(const Question&)> answer_;
  std::vector<Question> questions_;
  std::vector<crypto::Completion> completions_;
  std::uint64_t asked_ = 0;  // the next place; an item's tag is the count of its question
  std::uint64_t answered_ = 0;
  std::size_t bytes_ = 0;  // that the questions between the two hold
  std::uint64_t items_ = 0;
  std::uint64_t waited_ns_ = 0;
  // Last, so that it goes first: its workers read the bytes of questions until it is gone.
  std::unique_ptr<crypto::BatchVerifier> verifier_;
};

}  // namespace tally::sign
