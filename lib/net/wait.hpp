// Waiting: how long to look for work before sleeping, and sleeping on one descriptor.
#pragma once

#include <algorithm>
#include <cstdint>

namespace tally::net {

// How a thread that has nothing to do waits. A sleep and its wake cost tens of microseconds on a
// virtual machine, a spin costs the core; adaptive spins for as long as spinning has paid of late.
enum class Idle { block, adaptive, spin };

// The bounded spin of Idle::adaptive: a spin that found work doubles the next one, one that did not
// halves it, between 1 us and 32 us. The floor keeps the probe alive at a cost that is small beside
// the sleep that follows.
class SpinBudget {
 public:
  explicit SpinBudget(Idle idle) : idle_(idle) {}

  // When to stop spinning that began at `now_ns`.
  [[nodiscard]] std::uint64_t until(std::uint64_t now_ns, std::uint64_t deadline_ns) const {
    if (idle_ == Idle::spin) return deadline_ns;
    return idle_ == Idle::block ? now_ns : std::min(deadline_ns, now_ns + budget_ns_);
  }
  void paid() { budget_ns_ = std::min(kMaxNs, budget_ns_ * 2); }
  void wasted() { budget_ns_ = std::max(kMinNs, budget_ns_ / 2); }
  [[nodiscard]] std::uint64_t budget_ns() const { return budget_ns_; }

 private:
  static constexpr std::uint64_t kMinNs = 1'000;
  static constexpr std::uint64_t kMaxNs = 32'000;
  Idle idle_;
  std::uint64_t budget_ns_ = kMinNs;
};

enum class Ready { ready, timeout, interrupted };

// Sleeps until `fd` is ready for `events` (poll's POLLIN, POLLOUT), `deadline_ns` of
// CLOCK_MONOTONIC, or a signal. Errors and hang-ups count as ready: the next call will tell.
[[nodiscard]] Ready wait_fd(int fd, short events, std::uint64_t deadline_ns);

}  // namespace tally::net
