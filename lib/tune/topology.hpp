// Which processors a host has, and which of them can be given to latency-critical threads.
#pragma once

#include <string>
#include <vector>

#include "core/cpu.hpp"
#include "core/result.hpp"
#include "tune/host.hpp"

namespace tally::tune {

// As core::cpu_topology, read beneath the root of `host`. Errors: no_input, bad_data.
[[nodiscard]] Result<std::vector<core::LogicalCpu>> read_topology(const Host& host);

// NUMA nodes with memory of their own, ascending; empty without NUMA in the kernel.
[[nodiscard]] std::vector<int> memory_nodes(const Host& host);

// Whole physical cores only: two hardware threads share caches and execution units, so that one
// that does the housekeeping disturbs the other.
struct Isolation {
  std::vector<int> hot;           // empty when nothing can be spared
  std::vector<int> housekeeping;  // all others
  std::string reason;             // how it was chosen, or why it is empty
};

// Gives away what each node can spare: of its cores a quarter, at least one and always the one with
// the boot processor, keeps house. A node of fewer than four cores gives none: interrupts, kernel
// threads and every other program would share one core with nothing to fall back on.
[[nodiscard]] Isolation derive_isolation(const std::vector<core::LogicalCpu>& cpus);

// The processors that a user asked for, checked. Errors: usage, when one is not online, is the boot
// processor (it cannot be tickless), splits a core, or leaves a node without a core.
[[nodiscard]] Result<Isolation> check_isolation(const std::vector<core::LogicalCpu>& cpus,
                                                const std::vector<int>& asked);

}  // namespace tally::tune
