#include "bench/attribution.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <unistd.h>

#include "core/file.hpp"

namespace tally::bench {

namespace {

// A host of many processors and devices has lines of thousands of bytes.
constexpr std::size_t kTableLimitBytes = std::size_t{64} << 20U;

template <typename T>
bool parse_number(const std::string& text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

std::optional<std::vector<CountedLine>> read_table(const std::string& path) {
  const auto text = core::read_file(path, kTableLimitBytes);
  return text ? parse_count_table(*text) : std::nullopt;
}

void read_steal(const std::string& root, HostCounts& counts) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  const auto text = core::read_file(root + "/proc/stat", kTableLimitBytes);
  const long ticks_per_second = ::sysconf(_SC_CLK_TCK);
  if (!text || ticks_per_second <= 0) return;
  for (const auto& [cpu, ticks] : parse_steal_ticks(*text))
    counts.steal_ns[cpu] = ticks * (kNsPerSecond / static_cast<std::uint64_t>(ticks_per_second));
}

std::optional<std::string> read_line(const std::string& path) {
  const auto text = core::read_file(path);
  if (!text) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

std::vector<IdleState> read_idle(const std::string& root, int cpu) {
  std::vector<IdleState> states;
  for (int number = 0;; ++number) {
    const std::string folder =
        fmt::format("{}/sys/devices/system/cpu/cpu{}/cpuidle/state{}/", root, cpu, number);
    const auto name = read_line(folder + "name");
    const auto usage = read_line(folder + "usage");
    const auto time_us = read_line(folder + "time");
    IdleState state;
    if (!name || !usage || !time_us || !parse_number(*usage, state.entries) ||
        !parse_number(*time_us, state.time_ns))
      return states;
    state.name = *name;
    state.time_ns *= 1000;
    states.push_back(std::move(state));
  }
}

std::optional<std::vector<Growth>> growth_of(const std::optional<std::vector<CountedLine>>& before,
                                             const std::optional<std::vector<CountedLine>>& after,
                                             int cpu) {
  if (!before || !after) return std::nullopt;
  std::vector<Growth> grown;
  for (const CountedLine& line : *after) {
    const auto now = line.by_cpu.find(cpu);
    if (now == line.by_cpu.end()) continue;
    const auto old = std::find_if(before->begin(), before->end(), [&](const CountedLine& other) {
      return other.name == line.name && other.by_cpu.count(cpu) != 0;
    });
    const std::uint64_t base = old == before->end() ? 0 : old->by_cpu.at(cpu);
    if (now->second > base) grown.push_back({line.name, line.what, now->second - base});
  }
  std::stable_sort(grown.begin(), grown.end(),
                   [](const Growth& a, const Growth& b) { return a.count > b.count; });
  return grown;
}

}  // namespace

HostCounts read_host_counts(const std::vector<int>& cpus, const std::string& root) {
  HostCounts counts;
  counts.interrupts = read_table(root + "/proc/interrupts");
  counts.softirqs = read_table(root + "/proc/softirqs");
  read_steal(root, counts);
  for (const int cpu : cpus)
    if (auto states = read_idle(root, cpu); !states.empty()) counts.idle[cpu] = std::move(states);
  return counts;
}

Attribution attribute(const HostCounts& before, const HostCounts& after, int cpu) {
  Attribution found;
  found.interrupts = growth_of(before.interrupts, after.interrupts, cpu);
  found.softirqs = growth_of(before.softirqs, after.softirqs, cpu);
  if (before.steal_ns.count(cpu) != 0 && after.steal_ns.count(cpu) != 0) {
    // The kernel's account of stolen time may step back a little.
    const std::uint64_t old = before.steal_ns.at(cpu);
    found.steal_ns = std::max(old, after.steal_ns.at(cpu)) - old;
  }
  if (before.idle.count(cpu) == 0 || after.idle.count(cpu) == 0) return found;
  const auto& old = before.idle.at(cpu);
  const auto& now = after.idle.at(cpu);
  found.idle.emplace();
  for (std::size_t i = 0; i < std::min(old.size(), now.size()); ++i)
    if (now[i].entries > old[i].entries)
      found.idle->push_back({now[i].name, now[i].entries - old[i].entries,
                             now[i].time_ns - std::min(now[i].time_ns, old[i].time_ns)});
  return found;
}

}  // namespace tally::bench
