#include "queue/wait.hpp"

#include <algorithm>
#include <climits>
#include <ctime>
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace tally::queue {
namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

int futex_flags(FutexScope scope) {
  return scope == FutexScope::process ? FUTEX_PRIVATE_FLAG : 0;
}

}  // namespace

void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t deadline_ns,
                FutexScope scope) {
  timespec until{};
  until.tv_sec = static_cast<time_t>(deadline_ns / kNsPerSecond);
  until.tv_nsec = static_cast<long>(deadline_ns % kNsPerSecond);
  // The BITSET form takes an absolute CLOCK_MONOTONIC time, the plain one a relative time.
  ::syscall(SYS_futex, &word, FUTEX_WAIT_BITSET | futex_flags(scope), expected,
            deadline_ns == kForeverNs ? nullptr : &until, nullptr, FUTEX_BITSET_MATCH_ANY);
}

void futex_wake_all(std::atomic<std::uint32_t>& word, FutexScope scope) {
  ::syscall(SYS_futex, &word, FUTEX_WAKE | futex_flags(scope), INT_MAX, nullptr, nullptr, 0);
}

std::uint32_t this_cpu() {
  return static_cast<std::uint32_t>(std::max(::sched_getcpu(), 0));
}

WaitLoop::Step WaitLoop::next() {
  const bool alone = peer_ != Placement::same_core;
  if (policy_ == WaitPolicy::yield || (policy_ == WaitPolicy::spin && !alone)) {
    ::sched_yield();
  } else if (spin_ns_ > 0 || policy_ == WaitPolicy::spin) {
    core::cpu_relax();
    if (++pauses_ % kPausesPerClock != 0) return Step::again;
  }
  const std::uint64_t now_ns = core::monotonic_ns();
  if (started_ns_ == 0) started_ns_ = looked_ns_ = now_ns;
  if (now_ns >= deadline_ns_) return Step::expired;
  if (policy_ == WaitPolicy::futex && now_ns - started_ns_ >= spin_ns_) {
    spin_ns_ = 0;  // it has slept once: nothing came for long, so it does not spin again
    wake_at_ns_ = std::min(deadline_ns_, now_ns + kLookIntervalNs);
    return Step::sleep;
  }
  if (now_ns - looked_ns_ < kSpinLookNs) return Step::again;
  looked_ns_ = now_ns;
  // A millisecond for nothing: a peer that was never seen may be waiting for this very core.
  if (policy_ == WaitPolicy::spin && peer_ == Placement::unknown) ::sched_yield();
  return Step::look;
}

WaitPlan resolve(WaitPolicy policy) {
  if (policy != WaitPolicy::automatic) return {policy, kSpinBeforeSleepNs};
  // A spin on the only processor keeps the peer from running.
  return {WaitPolicy::futex, core::allowed_cpu_count() > 1 ? kSpinBeforeSleepNs : 0};
}

}  // namespace tally::queue
