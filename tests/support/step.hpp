// Killing a process after every single instruction of what it does: a child is led by ptrace from
// one mark to the next and killed after k instructions, for every k there is (of instructions that
// it repeats, every n-th time where there are more than a test can try).
//
// Source: ptrace(2), PTRACE_SINGLESTEP and PTRACE_POKETEXT.
#pragma once

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <set>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>
#include <vector>

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

// Waits for a child to come to its first mark. False where ptrace is not allowed.
inline bool reaches_mark(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
}

// What may be asked of a child that is traced and stops. Each is false where it ends or comes to a
// mark instead.
inline bool stops_by_trap(pid_t pid) {
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}
inline bool makes_step(pid_t pid) {
  return ::ptrace(PTRACE_SINGLESTEP, pid, nullptr, nullptr) == 0 && stops_by_trap(pid);
}
inline bool makes_steps(pid_t pid, int steps) {
  for (int i = 0; i < steps; ++i) {
    if (!makes_step(pid)) return false;
  }
  return true;
}
// Comes to the `stops`-th entry to, or exit from, a system call.
inline bool makes_calls(pid_t pid, int stops) {
  for (int i = 0; i < stops; ++i) {
    if (::ptrace(PTRACE_SYSCALL, pid, nullptr, nullptr) != 0 || !stops_by_trap(pid)) return false;
  }
  return true;
}

// The way of a child from where it is stopped, by which others that do the same get on faster: they
// run to a break at an instruction near to where they are to get, and are stepped from there only.
// Forks of one process have their code at the same addresses.
class Way {
 public:
  // Steps a child along the way, to a mark or at most so far. How many instructions that are.
  int walk(pid_t pid, int limit) {
    std::unordered_map<std::uint64_t, int> met;
    for (int steps = 0;; ++steps) {
      const std::uint64_t address = registers_of(pid).rip;
      add({address, ++met[address], steps});
      if (met[address] == 1) firsts_.push_back(steps);
      if (steps == limit || !makes_step(pid)) return steps;
    }
  }

  // Lets a child make `steps` instructions of the way. False where it went another way, as it may
  // where it looks at a clock.
  [[nodiscard]] bool go(pid_t pid, int steps) const {
    const Break from = breaks_[static_cast<std::size_t>(steps)];
    return (from.steps == 0 || runs_to(pid, from)) && makes_steps(pid, steps - from.steps);
  }

  // Behind how many steps the way comes to an instruction for the first time.
  [[nodiscard]] const std::vector<int>& firsts() const { return firsts_; }

 private:
  // An instruction that a child comes to for the n-th time after so many others.
  struct Break {
    std::uint64_t address;
    int times;
    int steps;
  };

  // Coming once to a break takes as long as some steps do.
  static constexpr int kStepsOfBreak = 3;
  void add(Break here) {
    if (!breaks_.empty()) {
      const Break last = breaks_.back();
      const int from_last = last.times * kStepsOfBreak + here.steps - last.steps;
      if (from_last <= here.times * kStepsOfBreak) here = last;
    }
    breaks_.push_back(here);
  }

  static user_regs_struct registers_of(pid_t pid) {
    user_regs_struct registers{};
    REQUIRE(::ptrace(PTRACE_GETREGS, pid, nullptr, &registers) == 0);
    return registers;
  }

  // Has INT3 in the place of the instruction until the child is there for the n-th time.
  static bool runs_to(pid_t pid, Break to) {
    constexpr long kInt3 = 0xcc;
    errno = 0;
    const long word = ::ptrace(PTRACE_PEEKTEXT, pid, to.address, nullptr);
    REQUIRE(errno == 0);
    for (int times = 1;; ++times) {
      REQUIRE(::ptrace(PTRACE_POKETEXT, pid, to.address, (word & ~0xffL) | kInt3) == 0);
      const bool stops = ::ptrace(PTRACE_CONT, pid, nullptr, nullptr) == 0 && stops_by_trap(pid);
      // Of one that went another way as well: it may be let go on, and come here then.
      const bool mended = ::ptrace(PTRACE_POKETEXT, pid, to.address, word) == 0;
      if (!stops) return false;
      REQUIRE(mended);
      user_regs_struct registers = registers_of(pid);
      if (registers.rip != to.address + 1) return false;
      registers.rip = to.address;
      REQUIRE(::ptrace(PTRACE_SETREGS, pid, nullptr, &registers) == 0);
      if (times == to.times) return true;
      if (!makes_step(pid)) return false;
    }
  }

  std::vector<Break> breaks_;  // for each number of steps, the one to be stepped from
  std::vector<int> firsts_;
};

inline constexpr int kMostSteps = 2'000'000;
inline constexpr int kMostKills = kAddressSanitizer ? 300 : 1500;

// Behind how many of `total` instructions a child is killed: all of them, or where there are more
// than `most_kills` an even share, and beside these each instruction when it is met for the first
// time, so that only repetitions are left out. A sanitizer makes some ten instructions of one, and
// is content with the share.
inline std::set<int> points_of(const Way& way, int total, int most_kills) {
  std::set<int> points;
  for (int k = 0; k <= total; k += 1 + total / most_kills) points.insert(k);
  if (!kAddressSanitizer) points.insert(way.firsts().begin(), way.firsts().end());
  return points;
}

// make() makes the ring and gives a function that checks it once the child is dead.
template <typename Run, typename Make>
void for_every_step(Run run_child, Make make, int most_kills = kMostKills) {
  const auto killed = [&](auto lead) {
    auto check = make();
    {
      const Child child(run_child);
      if (!reaches_mark(child.pid())) skip("this host does not allow ptrace");
      lead(child.pid());
    }
    check();
  };
  Way way;
  int total = 0;
  killed([&](pid_t pid) { total = way.walk(pid, kMostSteps); });
  REQUIRE(total > 20);
  REQUIRE(total < kMostSteps);
  for (const int steps : points_of(way, total, most_kills)) {
    bool astray = false;
    killed([&](pid_t pid) { astray = !way.go(pid, steps); });
    // Stepped all along, it is as slow as the first one was, to which the clock said the same.
    if (astray) killed([&](pid_t pid) { (void)makes_steps(pid, steps); });
  }
}

}  // namespace tally::test
