// What a process leaves in shared memory when it is killed, for every instruction it may be killed
// at. A child is led through its work by single steps; after each, the shared memory is as a kill
// at that moment would leave it, and the caller copies and examines it.
//
// Source: ptrace(2), PTRACE_SINGLESTEP.
#pragma once

#include <csignal>
#include <cstddef>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/child.hpp"
#include "support/sanitizer.hpp"
#include "support/skip.hpp"

namespace tally::test {

inline void skip_stepping_under_sanitizers() {
  if (kAddressSanitizer || kThreadSanitizer) {
    skip("the sanitizers keep notes about memory that single steps and copies do not follow");
  }
}

// Runs `body` in a child and `examine` here after each of its instructions, as long as `examine`
// returns true. The child has one thread and shares with this process what is mapped shared.
// Returns the number of instructions, 0 when `body` did not end by itself.
template <typename Body, typename Examine>
std::size_t step_through(Body body, Examine examine) {
  const Child child([&] {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    body();
    ::raise(SIGSTOP);
    return 0;
  });
  int status = 0;
  std::size_t steps = 0;
  ::waitpid(child.pid(), &status, 0);
  while (::ptrace(PTRACE_SINGLESTEP, child.pid(), nullptr, nullptr) == 0) {
    if (::waitpid(child.pid(), &status, 0) != child.pid() || !WIFSTOPPED(status)) return 0;
    if (WSTOPSIG(status) == SIGSTOP) return steps;
    if (WSTOPSIG(status) != SIGTRAP) return 0;
    ++steps;
    if (!examine()) return 0;
  }
  return 0;
}

}  // namespace tally::test
