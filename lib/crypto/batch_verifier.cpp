#include "crypto/batch_verifier.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <latch>
#include <mutex>
#include <thread>

#include "core/clock.hpp"
#include "core/endian.hpp"
#include "core/secret.hpp"
#include "core/threads.hpp"

namespace tally::crypto {
namespace {

// Its own cache lines, so that two workers never write to one.
struct alignas(128) Slice {
  std::vector<VerifyItem> items;
  std::vector<Verdict> verdicts;
  bool mismatch = false;
  std::uint64_t work_ns = 0;
};
using SlicePtr = std::unique_ptr<Slice>;

// Whether a verdict of the slice, each chosen with probability `share`, is not libsecp256k1's.
bool sample_differs(const Slice& slice, double share) {
  const auto limit = static_cast<std::uint32_t>(share * 4294967295.0);
  Bytes dice(4 * slice.items.size());
  core::random_bytes(dice);
  for (std::size_t i = 0; i < slice.items.size(); ++i) {
    if (core::load_be<std::uint32_t>(&dice[4 * i]) > limit) continue;
    if (verify_singly_var(slice.items[i]) != slice.verdicts[i]) return true;
  }
  return false;
}

void work_on(Slice& slice, VerifyBackend& backend, double recheck_share) {
  const std::uint64_t begin_ns = core::monotonic_ns();
  slice.verdicts.assign(slice.items.size(), Verdict::bad);
  backend.verify_var(slice.items, slice.verdicts);
  slice.mismatch = recheck_share > 0 && sample_differs(slice, recheck_share);
  if (slice.mismatch) {
    for (std::size_t i = 0; i < slice.items.size(); ++i)
      slice.verdicts[i] = verify_singly_var(slice.items[i]);
  }
  slice.work_ns = core::monotonic_ns() - begin_ns;
}

}  // namespace

// What all threads write, the calling thread alone, and nobody once it is made: each lies apart, so
// that submitting an item takes no line from a worker.
struct BatchVerifier::State {
  struct alignas(128) Queues {
    std::mutex mutex;
    std::condition_variable work_came;
    std::condition_variable work_done;
    std::deque<SlicePtr> waiting;  // guarded by mutex
    std::deque<SlicePtr> done;     // guarded by mutex
    bool stopping = false;         // guarded by mutex
  };
  struct alignas(128) Caller {
    std::vector<SlicePtr> spare;
    std::size_t on_its_way = 0;  // slices flushed and not yet taken back
    SlicePtr filling;
    SlicePtr draining;
    std::size_t drained = 0;  // items of `draining` given out
    std::uint64_t mismatches = 0;
    std::uint64_t work_ns = 0;
  };
  static_assert(sizeof(Queues) % 128 == 0 && sizeof(Caller) % 128 == 0);

  Options options;
  std::vector<std::unique_ptr<VerifyBackend>> backends;  // one a worker, or the caller's
  std::vector<std::thread> workers;
  Queues queues;
  Caller caller;

  void run(VerifyBackend& backend) {
    std::unique_lock lock(queues.mutex);
    for (;;) {
      queues.work_came.wait(lock, [this] { return queues.stopping || !queues.waiting.empty(); });
      if (queues.stopping) return;
      SlicePtr slice = std::move(queues.waiting.front());
      queues.waiting.pop_front();
      lock.unlock();
      work_on(*slice, backend, options.recheck_share);
      lock.lock();
      queues.done.push_back(std::move(slice));
      queues.work_done.notify_one();
    }
  }

  SlicePtr take_done() {
    if (workers.empty()) {
      SlicePtr slice = std::move(queues.waiting.front());
      queues.waiting.pop_front();
      work_on(*slice, *backends.front(), options.recheck_share);
      return slice;
    }
    std::unique_lock lock(queues.mutex);
    queues.work_done.wait(lock, [this] { return !queues.done.empty(); });
    SlicePtr slice = std::move(queues.done.front());
    queues.done.pop_front();
    return slice;
  }
};

BatchVerifier::BatchVerifier(std::unique_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<BatchVerifier>> BatchVerifier::make(Options options) {
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  const Options& wish = state->options;
  for (std::size_t i = 0; i < std::max<std::size_t>(1, wish.cpus.size()); ++i) {
    auto backend = wish.make != nullptr ? wish.make(wish.backend) : make_backend(wish.backend);
    if (backend == nullptr) {
      return fail(Code::unavailable, "this processor has no AVX-512 IFMA",
                  "--backend auto takes the fastest that runs here");
    }
    if (wish.table != nullptr) backend->know(wish.table);
    state->backends.push_back(std::move(backend));
  }
  // Declared before the threads, so that an early return stops and joins them.
  std::unique_ptr<BatchVerifier> made(new BatchVerifier(std::move(state)));
  State& all = *made->state_;
  const std::size_t count = all.options.cpus.size();
  std::vector<Status> pinned(count);
  std::latch started(static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    all.workers.emplace_back([&all, &pinned, &started, i] {
      VerifyBackend& backend = *all.backends[i];
      pinned[i] = core::pin_to_cpu(all.options.cpus[i]);
      started.count_down();
      all.run(backend);
    });
  }
  started.wait();
  for (const Status& status : pinned) TALLY_CHECK(status);
  return made;
}

BatchVerifier::~BatchVerifier() {
  {
    const std::lock_guard lock(state_->queues.mutex);
    state_->queues.stopping = true;
  }
  state_->queues.work_came.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

void BatchVerifier::submit(std::span<const VerifyItem> items) {
  State::Caller& mine = state_->caller;
  const std::size_t full = std::max<std::size_t>(1, state_->options.slice_items);
  while (!items.empty()) {
    if (mine.filling == nullptr) {
      if (mine.spare.empty()) mine.spare.push_back(std::make_unique<Slice>());
      mine.filling = std::move(mine.spare.back());
      mine.spare.pop_back();
      mine.filling->items.clear();
    }
    auto& slice = mine.filling->items;
    const std::size_t count = std::min(items.size(), full - slice.size());
    slice.insert(slice.end(), items.begin(), items.begin() + static_cast<std::ptrdiff_t>(count));
    items = items.subspan(count);
    if (slice.size() == full) flush();
  }
}

void BatchVerifier::flush() {
  State& all = *state_;
  State::Caller& mine = all.caller;
  if (mine.filling == nullptr || mine.filling->items.empty()) return;
  ++mine.on_its_way;
  {
    const std::lock_guard lock(all.queues.mutex);
    all.queues.waiting.push_back(std::move(mine.filling));
  }
  all.queues.work_came.notify_one();
}

std::size_t BatchVerifier::complete(std::span<Completion> out) {
  State& all = *state_;
  State::Caller& mine = all.caller;
  std::size_t given = 0;
  while (given < out.size()) {
    if (mine.draining == nullptr) {
      // Wait only for the first; what else is done by now comes along.
      if (mine.on_its_way == 0) break;
      if (given > 0) {
        const std::lock_guard lock(all.queues.mutex);
        if (all.queues.done.empty()) break;
      }
      mine.draining = all.take_done();
      mine.drained = 0;
      --mine.on_its_way;
      if (mine.draining->mismatch) ++mine.mismatches;
      mine.work_ns += mine.draining->work_ns;
    }
    const Slice& slice = *mine.draining;
    for (; given < out.size() && mine.drained < slice.items.size(); ++mine.drained) {
      out[given++] = {slice.items[mine.drained].tag, slice.verdicts[mine.drained]};
    }
    if (mine.drained == slice.items.size()) mine.spare.push_back(std::move(mine.draining));
  }
  return given;
}

std::string_view BatchVerifier::backend_name() const {
  return state_->backends.front()->name();
}

std::uint64_t BatchVerifier::work_ns() const {
  return state_->caller.work_ns;
}

std::uint64_t BatchVerifier::mismatched_slices() const {
  return state_->caller.mismatches;
}

}  // namespace tally::crypto
