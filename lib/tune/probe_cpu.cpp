// Clock and idle states.
#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "tune/probe.hpp"
#include "tune/text.hpp"

namespace tally::tune {
namespace {

constexpr const char* kCpuFolder = "/sys/devices/system/cpu";
constexpr std::int64_t kLongestExitUs = 2;  // C1 of current processors; everything deeper waits

// The processors whose idle states matter, and the words that say why these.
struct IdleTargets {
  std::vector<int> cpus;
  std::string why;
};

IdleTargets idle_targets(const Probe& probe) {
  const Survey& out = probe.out;
  if (!out.isolation.hot.empty())
    return {out.isolation.hot, "hot " + processors(out.isolation.hot)};
  IdleTargets targets;
  for (const auto& cpu : out.cpus) targets.cpus.push_back(cpu.id);
  if (out.cpus.empty()) targets.cpus = numbered(probe.host, kCpuFolder, "cpu");
  targets.why = "all processors, as none is isolated";
  return targets;
}

Item cpu_item(std::string_view id, int cpu, const std::string& file) {
  Item item = host_item(id, fmt::format("{}/cpu{}/{}", kCpuFolder, cpu, file));
  item.unit_kind = "cpu";
  item.unit = cpu;
  return item;
}

void probe_latency_limit(Probe& probe, const IdleTargets& targets) {
  std::size_t rows = 0;
  for (const int cpu : targets.cpus) {
    Item item = cpu_item("idle.pm_qos", cpu, "power/pm_qos_resume_latency_us");
    if (read_into(probe, item, "this kernel has no PM QoS for processors")) {
      if (probe.profile.idle) {
        want(item, "n/a", "n/a is a limit of zero and keeps the processor awake: " + targets.why);
      } else {
        item.reason = item.found == "0"     ? "0 means no limit"
                      : item.found == "n/a" ? "n/a means a limit of zero"
                                            : "the longest exit latency allowed, in microseconds";
      }
    } else if (item.verdict == Verdict::not_applicable && item.found_raw.empty() &&
               item.os_errno != 0) {
      continue;  // one row for the host instead, below
    }
    probe.out.items.push_back(std::move(item));
    ++rows;
  }
  if (rows == 0) add_absent(probe, "idle.pm_qos", "this kernel has no PM QoS for processors");
}

void probe_global_limit(Probe& probe) {
  Item item = host_item("idle.pm_qos_global", "/dev/cpu_dma_latency");
  const auto raw = probe.host.read(item.path);
  if (!raw) {
    item.os_errno = raw.error().os_errno;
    const bool missing = raw.error().code != Code::permission;
    item.verdict = missing ? Verdict::not_applicable : Verdict::refused;
    item.reason = missing ? "/dev/cpu_dma_latency is not there" : "only root may read it";
  } else if (std::int32_t us = 0; raw->size() != sizeof us) {
    item.verdict = Verdict::not_applicable;
    item.reason = fmt::format("holds {} bytes, not the 4 of a number", raw->size());
  } else {
    std::memcpy(&us, raw->data(), sizeof us);
    item.found = us >= 2'000'000'000 ? "none" : fmt::format("{} us", us);
    if (probe.profile.idle && us != 0) {
      item.verdict = Verdict::advice;
      item.reason = "held at 0 while a command runs by: tally-tune hold -- COMMAND";
    } else {
      item.reason = us == 0 ? "some process holds it at zero" : "no process limits it";
    }
  }
  probe.out.items.push_back(std::move(item));
}

// Adds a row for each deep state of a processor; counts the states seen.
void probe_states_of(Probe& probe, int cpu, const IdleTargets& targets, bool ignored, int& seen) {
  const std::string folder = fmt::format("{}/cpu{}/cpuidle", kCpuFolder, cpu);
  for (const int state : numbered(probe.host, folder, "state")) {
    const std::string base = fmt::format("cpuidle/state{}/", state);
    Item latency = cpu_item("idle.states", cpu, base + "latency");
    if (!read_into(probe, latency, "")) continue;
    ++seen;
    const auto us = parse_integer(latency.found);
    if (!us || *us <= kLongestExitUs) continue;
    Item item = cpu_item("idle.states", cpu, base + "disable");
    item.part = fmt::format("state{}", state);
    if (read_into(probe, item, "the idle driver cannot disable single states")) {
      if (ignored) {
        item.verdict = Verdict::not_applicable;
        item.reason = "the idle governor haltpoll ignores it; idle.pm_qos does the work";
      } else if (probe.profile.idle) {
        want(item, "1", fmt::format("takes {} us to leave; on {}", *us, targets.why));
      } else {
        item.reason = fmt::format("takes {} us to leave", *us);
      }
    }
    probe.out.items.push_back(std::move(item));
  }
}

void probe_states(Probe& probe, const IdleTargets& targets) {
  const auto governor = probe.host.read(std::string(kCpuFolder) + "/cpuidle/current_governor");
  const bool ignored = governor && normalised(*governor) == "haltpoll";
  const std::size_t before = probe.out.items.size();
  int seen = 0;
  for (const int cpu : targets.cpus) probe_states_of(probe, cpu, targets, ignored, seen);
  if (probe.out.items.size() != before) return;
  if (seen == 0) {
    add_absent(probe, "idle.states", "no idle driver tells its states");
    return;
  }
  Item item = host_item("idle.states", "");
  item.found = fmt::format("none over {} us", kLongestExitUs);
  item.reason = "no state is deep enough to disable";
  probe.out.items.push_back(std::move(item));
}

bool offers(const Probe& probe, const std::string& folder, std::string_view governor) {
  const auto text = probe.host.read(folder + "/scaling_available_governors");
  if (!text) return true;  // the write will tell
  const auto words = split_words(*text);
  return std::find(words.begin(), words.end(), governor) != words.end();
}

}  // namespace

void probe_frequency(Probe& probe) {
  const std::string base = std::string(kCpuFolder) + "/cpufreq";
  const auto policies = numbered(probe.host, base, "policy");
  if (policies.empty()) {
    add_absent(probe, "cpu.governor", "no cpufreq driver: in a guest the host sets the clock");
    return;
  }
  for (const int policy : policies) {
    const std::string folder = fmt::format("{}/policy{}", base, policy);
    Item item = host_item("cpu.governor", folder + "/scaling_governor");
    item.unit_kind = "policy";
    item.unit = policy;
    if (read_into(probe, item, "the driver has no governors")) {
      if (!offers(probe, folder, "performance")) {
        item.verdict = Verdict::not_applicable;
        item.reason = "the driver does not offer the governor performance";
      } else if (probe.profile.governor) {
        want(item, "performance", "keeps the clock up");
      }
    }
    probe.out.items.push_back(std::move(item));
  }
}

void probe_idle(Probe& probe) {
  const IdleTargets targets = idle_targets(probe);
  probe_latency_limit(probe, targets);
  probe_global_limit(probe);
  probe_states(probe, targets);
}

}  // namespace tally::tune
