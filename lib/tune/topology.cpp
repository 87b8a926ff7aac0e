#include "tune/topology.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

#include "tune/text.hpp"

namespace tally::tune {
namespace {

constexpr const char* kCpus = "/sys/devices/system/cpu/";
constexpr const char* kNodes = "/sys/devices/system/node";
constexpr std::size_t kFewestCoresToShare = 4;

Result<std::vector<int>> read_list(const Host& host, const std::string& path) {
  TALLY_TRY(const std::string text, host.read(path));
  auto list = core::parse_cpu_list(normalised(text));
  if (!list)
    return fail(Code::bad_data,
                fmt::format("{}: '{}' is not a list of processors", path, printable(text)));
  return list;
}

Result<int> read_number(const Host& host, const std::string& path) {
  TALLY_TRY(const std::string text, host.read(path));
  const auto number = parse_integer(normalised(text));
  // Guests and old kernels write -1 for an unknown package.
  if (!number || *number < -1 || *number > 65535) {
    return fail(Code::bad_data, fmt::format("{}: '{}' is not a number", path, printable(text)));
  }
  return std::max(0, static_cast<int>(*number));
}

bool contains(const std::vector<int>& list, int value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

// The physical cores of each node, each core as its online processors.
using CoresByNode = std::map<int, std::vector<std::vector<int>>>;

CoresByNode cores_by_node(const std::vector<core::LogicalCpu>& cpus) {
  CoresByNode nodes;
  for (const core::LogicalCpu& cpu : cpus) {
    // A sibling that is offline is no member; the core stands where its first processor stands.
    std::vector<int> core;
    for (const core::LogicalCpu& other : cpus) {
      if (other.id == cpu.id || contains(cpu.siblings, other.id)) core.push_back(other.id);
    }
    if (core.front() == cpu.id) nodes[cpu.numa_node].push_back(std::move(core));
  }
  return nodes;
}

Isolation with_rest(const std::vector<core::LogicalCpu>& cpus, std::vector<int> hot,
                    std::string reason) {
  Isolation isolation{std::move(hot), {}, std::move(reason)};
  std::sort(isolation.hot.begin(), isolation.hot.end());
  for (const core::LogicalCpu& cpu : cpus) {
    if (!contains(isolation.hot, cpu.id)) isolation.housekeeping.push_back(cpu.id);
  }
  return isolation;
}

}  // namespace

Result<std::vector<core::LogicalCpu>> read_topology(const Host& host) {
  const std::string base = kCpus;
  TALLY_TRY(const auto online, read_list(host, base + "online"));
  std::map<int, int> node_of;
  for (const int node : numbered(host, kNodes, "node")) {
    const auto members = read_list(host, fmt::format("{}/node{}/cpulist", kNodes, node));
    if (!members) continue;
    for (const int cpu : *members) node_of[cpu] = node;
  }
  std::vector<core::LogicalCpu> cpus;
  for (const int id : online) {
    const std::string folder = fmt::format("{}cpu{}/topology/", base, id);
    core::LogicalCpu cpu;
    cpu.id = id;
    TALLY_TRY(cpu.core_id, read_number(host, folder + "core_id"));
    TALLY_TRY(cpu.package_id, read_number(host, folder + "physical_package_id"));
    TALLY_TRY(cpu.siblings, read_list(host, folder + "thread_siblings_list"));
    const auto node = node_of.find(id);
    cpu.numa_node = node == node_of.end() ? 0 : node->second;
    cpus.push_back(std::move(cpu));
  }
  if (cpus.empty()) return fail(Code::bad_data, base + "online names no processor");
  return cpus;
}

std::vector<int> memory_nodes(const Host& host) {
  const std::string path = std::string(kNodes) + "/has_memory";
  if (const auto listed = read_list(host, path); listed && !listed->empty()) return *listed;
  return numbered(host, kNodes, "node");
}

Isolation derive_isolation(const std::vector<core::LogicalCpu>& cpus) {
  std::vector<int> hot;
  std::vector<std::string> parts;
  const CoresByNode nodes = cores_by_node(cpus);
  for (const auto& [node, cores] : nodes) {
    if (cores.size() < kFewestCoresToShare) {
      parts.push_back(fmt::format("node {} has {} core{}, fewer than {}", node, cores.size(),
                                  cores.size() == 1 ? "" : "s", kFewestCoresToShare));
      continue;
    }
    const std::size_t kept = (cores.size() + 3) / 4;
    for (std::size_t i = kept; i < cores.size(); ++i) {
      hot.insert(hot.end(), cores[i].begin(), cores[i].end());
    }
    parts.push_back(
        fmt::format("node {} keeps {} of {} cores for housekeeping", node, kept, cores.size()));
  }
  std::string reason = fmt::format("{}", fmt::join(parts, "; "));
  if (hot.empty()) reason = "nothing to isolate: " + reason;
  return with_rest(cpus, std::move(hot), std::move(reason));
}

Result<Isolation> check_isolation(const std::vector<core::LogicalCpu>& cpus,
                                  const std::vector<int>& asked) {
  const auto refuse = [](const std::string& why, std::string hint) {
    return fail(Code::usage, "cannot isolate these processors: " + why, std::move(hint));
  };
  for (const int id : asked) {
    if (std::none_of(cpus.begin(), cpus.end(), [&](const auto& cpu) { return cpu.id == id; })) {
      return refuse(fmt::format("processor {} is not online", id), "see: tally-tune status");
    }
  }
  if (!cpus.empty() && contains(asked, cpus.front().id)) {
    return refuse(fmt::format("processor {} boots the host and keeps its time", cpus.front().id),
                  "leave it out");
  }
  for (const auto& [node, cores] : cores_by_node(cpus)) {
    std::size_t kept = 0;
    for (const std::vector<int>& core : cores) {
      const auto members =
          std::count_if(core.begin(), core.end(), [&](int id) { return contains(asked, id); });
      if (members == 0) ++kept;
      if (members != 0 && static_cast<std::size_t>(members) != core.size()) {
        return refuse(
            fmt::format("{} are hardware threads of one core", core::format_cpu_list(core)),
            "name all of them or none");
      }
    }
    if (kept == 0) {
      return refuse(fmt::format("node {} keeps no core for housekeeping", node),
                    "leave at least one whole core of every node");
    }
  }
  return with_rest(cpus, asked, "as asked for");
}

}  // namespace tally::tune
