// On which node of the host memory lies. The kernel is asked by its system calls, without libnuma,
// and what it did is read back: a policy is a wish, and pages that were there before stay where
// they are, or a node is full. A host of one node has nothing to choose, says so, and goes on.
//
// Any thread; cold paths.
//
// Sources: mbind(2), get_mempolicy(2), move_pages(2),
// Documentation/admin-guide/mm/numa_memory_policy.rst.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace tally::mem {

enum class NumaOutcome : std::uint8_t {
  not_asked,
  single_node,  // the host has no other
  bound,        // the policy reads back as asked
  refused       // see os_errno
};

struct NumaReport {
  NumaOutcome outcome = NumaOutcome::not_asked;
  int node = -1;  // as asked
  int os_errno = 0;
  // Pages that were looked at after the first touch, and how many of them lie on another node.
  std::size_t pages_seen = 0;
  std::size_t pages_elsewhere = 0;
};

// Nodes that are online, from sysfs below `root` ("" is this host); node 0 where there is no such
// folder.
[[nodiscard]] std::vector<int> numa_nodes(const std::string& root = "");

// Asks that pages of the range come from the node alone, and reads the policy back. Before the
// first touch. `memory` begins on a page. Errors: os_failure or permission with the system call's
// errno; unavailable when the policy reads back differently.
[[nodiscard]] Status bind_to_node(void* memory, std::size_t size_bytes, int node);

// The same, where the host has more than one node.
[[nodiscard]] NumaReport place_on_node(void* memory, std::size_t size_bytes, int node);

// Fills in pages_seen and pages_elsewhere from some of the range's pages of `page_bytes` each.
// Pages that were not touched yet are not seen.
void look_at_pages(void* memory, std::size_t size_bytes, std::size_t page_bytes,
                   NumaReport& report);

// "node 1", "node 0 (the only one)", "node 1 refused (...)", with the pages elsewhere if any; empty
// when not asked.
[[nodiscard]] std::string describe_numa(const NumaReport& report);

}  // namespace tally::mem
