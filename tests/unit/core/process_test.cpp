// What changes the whole process: signals, scheduling, hardening. Each in a child of its own where
// it could disturb the runner.
#include <csignal>
#include <doctest/doctest.h>
#include <functional>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "core/stop.hpp"
#include "core/threads.hpp"

namespace core = tally::core;

namespace {

// Runs `body` in a child and returns its exit status, or 128 + the signal that ended it.
int status_of_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) ::_exit(body());
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool readable(int fd) {
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) == 1;
}

}  // namespace

TEST_SUITE_BEGIN("core");

TEST_CASE("the first signal asks for a stop and the second ends at once") {
  CHECK(status_of_child([] {
          const auto stop = core::StopSignal::install();
          if (!stop || core::StopSignal::requested() || readable(stop->fd())) return 1;
          ::raise(SIGTERM);
          if (!core::StopSignal::requested() || !readable(stop->fd())) return 2;
          if (core::StopSignal::number() != SIGTERM) return 3;
          ::raise(SIGINT);
          return 4;
        }) == 128 + SIGINT);
}

TEST_CASE("a stop can be asked for from inside") {
  CHECK(status_of_child([] {
          const auto stop = core::StopSignal::install();
          if (!stop) return 1;
          core::StopSignal::request();
          return core::StopSignal::requested() && core::StopSignal::number() == 0 ? 0 : 2;
        }) == 0);
}

TEST_CASE("a hardened process can leave no core dump") {
  CHECK(status_of_child([] {
          if (!core::harden_process()) return 1;
          rlimit limit{};
          ::getrlimit(RLIMIT_CORE, &limit);
          return limit.rlim_cur == 0 && limit.rlim_max == 0 && ::prctl(PR_GET_DUMPABLE) == 0 ? 0
                                                                                             : 2;
        }) == 0);
}

TEST_CASE("a thread is pinned to a processor that exists and to no other") {
  CHECK(status_of_child([] {
          if (core::allowed_cpu_count() < 1) return 1;
          if (!core::pin_to_cpu(::sched_getcpu())) return 2;
          if (core::allowed_cpu_count() != 1) return 3;
          const auto none = core::pin_to_cpu(100'000);
          return !none && none.error().code == tally::Code::unavailable ? 0 : 4;
        }) == 0);
}

TEST_CASE("the time stamp counter agrees with the clock it is measured against") {
  const core::TscCalibration tsc = core::calibrate_tsc(3, 5);
  CHECK(tsc.ns_per_tick > 0.05);
  CHECK(tsc.ns_per_tick < 10);
  CHECK(tsc.step_ticks > 0);
  const std::uint64_t start_ns = core::monotonic_ns();
  CHECK(core::monotonic_ns() >= start_ns);
  CHECK(core::realtime_ns() > 1'600'000'000'000'000'000U);
}

TEST_SUITE_END();
