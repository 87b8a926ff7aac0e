// A limit on how long a test of threads takes. Where one of them is wrong, the others may wait for
// it for ever, and so does who joins them; then this process ends with words instead, before ctest
// ends it without any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <mutex>
#include <thread>

namespace tally::test {

// Less than what the presets of ctest give a test; many times what the longest of these takes.
inline constexpr std::chrono::seconds kThreadsLimit(240);

class TimeLimit {
 public:
  explicit TimeLimit(std::chrono::milliseconds limit = kThreadsLimit)
      : watcher_([this, limit] { watch(limit); }) {}
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;
  ~TimeLimit() {
    {
      const std::lock_guard lock(mutex_);
      is_over_ = true;
    }
    over_.notify_one();
    watcher_.join();
  }

 private:
  void watch(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    if (over_.wait_for(lock, limit, [this] { return is_over_; })) return;
    fmt::print(stderr, "the threads of this test have not ended within {} ms: one waits for ever\n",
               limit.count());
    std::fflush(stdout);  // what was found wrong before
    std::_Exit(EXIT_FAILURE);
  }

  std::mutex mutex_;
  std::condition_variable over_;
  bool is_over_ = false;
  std::thread watcher_;  // last: it uses the others
};

}  // namespace tally::test
