#include "core/threads.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <pthread.h>
#include <sched.h>

#include "core/cpu.hpp"

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

std::vector<int> worker_cpus(std::size_t count) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return {};
  // A core is spoken for once one of its hardware threads was taken.
  const auto topology = cpu_topology();
  cpu_set_t spoken_for;
  CPU_ZERO(&spoken_for);
  std::vector<int> first, later;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(static_cast<unsigned>(cpu), &set)) continue;
    (CPU_ISSET(static_cast<unsigned>(cpu), &spoken_for) ? later : first).push_back(cpu);
    if (!topology) continue;
    for (const LogicalCpu& each : *topology) {
      if (each.id != cpu) continue;
      for (const int sibling : each.siblings) CPU_SET(static_cast<unsigned>(sibling), &spoken_for);
    }
  }
  first.insert(first.end(), later.begin(), later.end());
  if (first.size() > count) first.resize(count);
  return first;
}

}  // namespace tally::core
