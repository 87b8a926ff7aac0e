// Huge pages, per NUMA node where there are nodes.
#include <algorithm>
#include <fmt/format.h>

#include "tune/probe.hpp"
#include "tune/text.hpp"

namespace tally::tune {
namespace {

struct PageSize {
  std::string_view id;
  std::string_view folder;
  std::int64_t bytes;
  const char* shown;
};
constexpr PageSize k2m{"memory.huge_2m", "hugepages-2048kB", std::int64_t{2} << 20U, "2 MiB"};
constexpr PageSize k1g{"memory.huge_1g", "hugepages-1048576kB", std::int64_t{1} << 30U, "1 GiB"};

// Free memory of a node, or of the host for node -1; -1 when it cannot be told.
std::int64_t free_bytes(const Host& host, int node) {
  const auto text = host.read(
      node < 0 ? "/proc/meminfo" : fmt::format("/sys/devices/system/node/node{}/meminfo", node));
  if (!text) return -1;
  const auto words = split_words(*text);
  const auto at = std::find(words.begin(), words.end(), "MemFree:");
  if (at == words.end() || at + 1 == words.end()) return -1;
  const auto kib = parse_integer(*(at + 1));
  return kib && *kib >= 0 && *kib < (std::int64_t{1} << 50) ? *kib * 1024 : -1;
}

// What is wanted on one node, and why. Never fewer than there are: others may use them.
void judge(Item& item, const PageSize& size, std::int64_t found, std::int64_t asked, bool by_user,
           std::int64_t free) {
  if (asked <= 0) {
    item.reason = "none asked for";
    return;
  }
  std::string why = fmt::format("{} pages of {} a node", asked, size.shown);
  std::int64_t target = std::max(found, asked);
  const std::int64_t room = free < 0 ? target : found + free / 2 / size.bytes;
  if (!by_user && target > room) {
    target = std::max(found, room);
    why = fmt::format("{} pages of {} are half of the free memory", target, size.shown);
  } else if (target > room) {
    why += ", more than half of the free memory: expect fewer";
  }
  want(item, fmt::format("{}", target), why);
}

void probe_size(Probe& probe, const PageSize& size, std::int64_t asked, bool by_user) {
  std::vector<int> nodes = memory_nodes(probe.host);
  if (nodes.empty()) nodes.push_back(-1);
  for (const int node : nodes) {
    const std::string folder = node < 0
                                   ? std::string("/sys/kernel/mm/hugepages")
                                   : fmt::format("/sys/devices/system/node/node{}/hugepages", node);
    Item item = host_item(size.id, fmt::format("{}/{}/nr_hugepages", folder, size.folder));
    item.kind = ValueKind::count;
    item.unit_kind = node < 0 ? "" : "node";
    item.unit = node;
    if (read_into(probe, item,
                  fmt::format("the processor or kernel has no pages of {}", size.shown))) {
      const auto found = parse_integer(item.found);
      if (!found || *found < 0) {
        item.verdict = Verdict::not_applicable;
        item.reason = fmt::format("holds '{}', which is no count", printable(item.found));
      } else {
        judge(item, size, *found, asked, by_user, free_bytes(probe.host, node));
      }
    }
    probe.out.items.push_back(std::move(item));
  }
}

}  // namespace

void probe_memory(Probe& probe) {
  const auto& asked = probe.wishes.huge_2m_per_node;
  probe_size(probe, k2m, asked.value_or(probe.profile.huge_2m_per_node), asked.has_value());
  probe_size(probe, k1g, probe.wishes.huge_1g_per_node, true);
}

}  // namespace tally::tune
