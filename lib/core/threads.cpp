#include "core/threads.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

namespace tally::core {

Status pin_to_cpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < 0 || cpu >= CPU_SETSIZE) {
    return fail(Code::unavailable, fmt::format("there is no processor {}", cpu));
  }
  CPU_SET(static_cast<unsigned>(cpu), &set);
  if (const int error = ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set); error != 0) {
    return fail(os_error(Code::unavailable, fmt::format("cannot run on processor {}", cpu), error,
                         "choose one of those that `taskset -p $$` allows"));
  }
  return {};
}

Status set_fifo_priority(int priority) {
  sched_param param{};
  param.sched_priority = priority;
  const int policy = priority == 0 ? SCHED_OTHER : SCHED_FIFO;
  if (const int error = ::pthread_setschedparam(::pthread_self(), policy, &param); error != 0) {
    return fail(os_error(Code::permission, "cannot set the scheduling policy", error,
                         "run as root, or with CAP_SYS_NICE"));
  }
  return {};
}

int allowed_cpu_count() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return CPU_COUNT(&set);
}

}  // namespace tally::core
