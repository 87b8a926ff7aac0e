#include "mem/numa.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fmt/format.h>
#include <linux/mempolicy.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/cpu.hpp"
#include "core/file.hpp"

namespace tally::mem {
namespace {

constexpr std::size_t kMostNodes = 1024;  // as CONFIG_NODES_SHIFT allows on x86
constexpr std::size_t kBitsPerWord = sizeof(unsigned long) * CHAR_BIT;
constexpr std::size_t kPagesLookedAt = 1024;

using NodeMask = std::array<unsigned long, kMostNodes / kBitsPerWord>;

unsigned long bit_of(int node) {
  return 1UL << static_cast<std::size_t>(node) % kBitsPerWord;
}

}  // namespace

std::vector<int> numa_nodes(const std::string& root) {
  if (const auto text = core::read_file(root + "/sys/devices/system/node/online")) {
    auto nodes = core::parse_cpu_list(*text);
    if (nodes && !nodes->empty()) return std::move(*nodes);
  }
  return {0};
}

Status bind_to_node(void* memory, std::size_t size_bytes, int node) {
  if (node < 0 || static_cast<std::size_t>(node) >= kMostNodes) {
    return fail(Code::usage, fmt::format("{} is no number of a NUMA node", node));
  }
  const std::string what = fmt::format("cannot bind memory to NUMA node {}", node);
  NodeMask mask{};
  const std::size_t word = static_cast<std::size_t>(node) / kBitsPerWord;
  mask[word] = bit_of(node);
  // The kernel takes one node fewer than the number says.
  if (::syscall(SYS_mbind, memory, size_bytes, MPOL_BIND, mask.data(), kMostNodes + 1,
                MPOL_MF_STRICT | MPOL_MF_MOVE) != 0) {
    return fail_errno(what, errno);
  }
  int mode = 0;
  NodeMask read{};
  if (::syscall(SYS_get_mempolicy, &mode, read.data(), kMostNodes + 1, memory, MPOL_F_ADDR) != 0) {
    return fail_errno(what, errno);
  }
  if (mode == MPOL_BIND && read == mask) return {};
  return fail(Code::unavailable, what + ": the policy reads back differently");
}

NumaReport place_on_node(void* memory, std::size_t size_bytes, int node) {
  NumaReport report;
  report.node = node;
  const auto nodes = numa_nodes();
  if (nodes.size() == 1 && nodes.front() == node) {
    report.outcome = NumaOutcome::single_node;
    return report;
  }
  const Status bound = bind_to_node(memory, size_bytes, node);
  report.outcome = bound ? NumaOutcome::bound : NumaOutcome::refused;
  if (!bound) report.os_errno = bound.error().os_errno;
  return report;
}

void look_at_pages(void* memory, std::size_t size_bytes, std::size_t page_bytes,
                   NumaReport& report) {
  const std::size_t pages = size_bytes / page_bytes;
  const std::size_t looked_at = std::min(pages, kPagesLookedAt);
  std::vector<void*> addresses(looked_at);
  std::vector<int> nodes(looked_at, -1);
  for (std::size_t i = 0; i < looked_at; ++i) {
    addresses[i] = static_cast<std::uint8_t*>(memory) + i * pages / looked_at * page_bytes;
  }
  // Without target nodes it moves nothing and only tells.
  if (::syscall(SYS_move_pages, 0, looked_at, addresses.data(), nullptr, nodes.data(), 0) != 0) {
    return;
  }
  for (const int node : nodes) {
    if (node < 0) continue;  // not touched yet
    ++report.pages_seen;
    if (node != report.node) ++report.pages_elsewhere;
  }
}

std::string describe_numa(const NumaReport& report) {
  std::string text = fmt::format("node {}", report.node);
  switch (report.outcome) {
    case NumaOutcome::not_asked:
      return {};
    case NumaOutcome::single_node:
      text += " (the only one)";
      break;
    case NumaOutcome::refused:
      text += fmt::format(" refused ({})", std::strerror(report.os_errno));
      break;
    case NumaOutcome::bound:
      break;
  }
  if (report.pages_elsewhere > 0) {
    text += fmt::format(", {} of {} pages elsewhere", report.pages_elsewhere, report.pages_seen);
  }
  return text;
}

}  // namespace tally::mem
