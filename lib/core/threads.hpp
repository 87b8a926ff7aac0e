// Placing the calling thread. The scheduling policy is always set before the affinity: a thread
// that is pinned first and waits for its peer under another policy can starve it.
#pragma once

#include <thread>
#include <vector>

#include "core/result.hpp"

namespace tally::core {

// Pins the calling thread to one processor. Errors: unavailable when it does not exist or is not
// allowed to this process.
[[nodiscard]] Status pin_to_cpu(int cpu);

// Gives the calling thread SCHED_FIFO at `priority` (1 to 99), or SCHED_OTHER for 0. Errors:
// permission without CAP_SYS_NICE or RLIMIT_RTPRIO.
[[nodiscard]] Status set_fifo_priority(int priority);

// Processors the calling thread may run on.
[[nodiscard]] int allowed_cpu_count();

// Processors to pin `count` workers to, of those that the calling thread may run on: one of each
// core first, then their siblings. Fewer when there are no more.
[[nodiscard]] std::vector<int> worker_cpus(std::size_t count);

// Tells the processor that this is a spin loop. About 27 ns on Zen 4.
inline void cpu_relax() {
  __builtin_ia32_pause();
}

}  // namespace tally::core
