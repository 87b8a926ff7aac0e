// Killing a process after every single instruction of what it does: a child is stepped by ptrace
// from one mark to the next and killed after k instructions, for every k there is (every n-th where
// a sanitizer multiplies them).
#pragma once

#include <csignal>
#include <doctest/doctest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "support/child.hpp"
#include "support/sanitizer.hpp"
#include "support/skip.hpp"

namespace tally::test {

inline void skip_where_steps_mislead() {
  if (kThreadSanitizer) skip("ThreadSanitizer does not follow a process that is stepped");
}

// In the child: whether this host lets its parent step it.
inline bool may_be_stepped() {
  return ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0;
}
// In the child: before and behind what is stepped through.
inline void reach_step() {
  ::raise(SIGSTOP);
}

// Lets the child that stops before and after one operation make at most `limit` instructions of it.
// How many it made, or -1 where ptrace is not allowed.
inline int step(pid_t pid, int limit) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) return -1;
  int steps = 0;
  for (; steps < limit; ++steps) {
    ::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr);
    ::waitpid(pid, &status, 0);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) break;
  }
  return steps;
}

// A point between the two marks: `steps` instructions behind the stop at the `calls`-th entry to,
// or exit from, a system call.
struct StepPoint {
  int calls = 0;
  int steps = 0;
};
// Lets the child that stops before and after one operation come to that point. False when the
// second mark is before it, or where ptrace is not allowed.
inline bool step_to(pid_t pid, StepPoint point) {
  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) return false;
  for (int i = 0; i < point.calls + point.steps; ++i) {
    ::ptrace(i < point.calls ? PTRACE_SYSCALL : PTRACE_SINGLESTEP, pid, nullptr, nullptr);
    ::waitpid(pid, &status, 0);
    if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP) return false;
  }
  return true;
}

inline constexpr int kMostSteps = 2'000'000;
inline constexpr int kMostKills = kAddressSanitizer ? 300 : 1500;

// make() makes the ring and gives a function that checks it once the child is dead. `most_kills` is
// how often that is done, at even distances where there are more instructions.
template <typename Run, typename Make>
void for_every_step(Run run_child, Make make, int most_kills = kMostKills) {
  int total = 0;
  int stride = 1;
  for (int k = -1; k <= total; k += k < 0 ? 1 : stride) {
    auto check = make();
    {
      const Child child(run_child);
      const int steps = step(child.pid(), k < 0 ? kMostSteps : k);
      if (steps < 0) skip("this host does not allow ptrace");
      if (k < 0) {  // the first child only tells how many instructions there are
        REQUIRE(steps > 20);
        REQUIRE(steps < kMostSteps);
        total = steps;
        stride = 1 + total / most_kills;
      }
    }
    check();
  }
}

}  // namespace tally::test
