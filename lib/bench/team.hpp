// The threads that run slices: one for each given processor, started once, asleep between slices.
// Each sets SCHED_FIFO where that is permitted and then pins itself, in this order, because a
// thread that is pinned first and waits under another policy can starve its peer. A slice must stay
// well below the 950 ms in each second that Linux leaves to real-time threads
// (Documentation/scheduler/sched-rt-group.rst).
//
// The owner's thread makes, uses and destroys a Team.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/result.hpp"

namespace tally::bench {

// Threads meet once, spinning, so that they begin together; a thread waits at most `timeout_ns`.
class Meeting {
 public:
  explicit Meeting(int parties) : parties_(parties) {}
  // True for all or false for all: false when one did not come in time.
  [[nodiscard]] bool wait(std::uint64_t timeout_ns = 20'000'000);

 private:
  static constexpr int kAbandoned = -1'000'000;
  int parties_;
  std::atomic<int> arrived_{0};
};

class Team {
 public:
  // Errors: unavailable when a thread cannot be pinned to its processor.
  [[nodiscard]] static Result<std::unique_ptr<Team>> start(const std::vector<int>& cpus);
  ~Team();
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  // Calls job(0) to job(threads - 1), each on its own thread, and returns when all have ended.
  // `threads` is at most size().
  void run(std::size_t threads, const std::function<void(std::size_t)>& job);

  [[nodiscard]] std::size_t size() const { return threads_.size(); }
  // Whether the threads run under SCHED_FIFO.
  [[nodiscard]] bool fifo() const { return fifo_; }

 private:
  Team() = default;
  void work(std::size_t index, int cpu);
  Status place(int cpu);

  std::mutex mutex_;
  std::condition_variable changed_;
  const std::function<void(std::size_t)>* job_ = nullptr;
  std::size_t job_threads_ = 0;
  std::uint64_t generation_ = 0;
  std::size_t pending_ = 0;
  std::optional<Error> error_;
  bool fifo_ = true;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// Processors this process may run on, by rising number.
[[nodiscard]] std::vector<int> allowed_cpus();

// Two processors this process may run on, of different cores where there are such; one when there
// is only one.
[[nodiscard]] std::vector<int> choose_cpus();

}  // namespace tally::bench
