#include "tune/effect.hpp"

#include <charconv>
#include <fmt/format.h>
#include <set>

#include "tune/text.hpp"

namespace tally::tune {
namespace {

// A halt that was entered before the write is counted when it ends.
constexpr std::int64_t kSlack = 2;

struct Watched {
  std::string id;
  int cpu = 0;
  std::set<int> forbidden;  // states
};

std::string state_file(int cpu, int state, const char* file) {
  return fmt::format("/sys/devices/system/cpu/cpu{}/cpuidle/state{}/{}", cpu, state, file);
}

std::int64_t read_count(const Host& host, const std::string& path) {
  const auto text = host.read(path);
  if (!text) return 0;
  const auto value = parse_integer(normalised(*text));
  return value ? *value : 0;
}

std::vector<int> states_of(const Host& host, int cpu) {
  return numbered(host, fmt::format("/sys/devices/system/cpu/cpu{}/cpuidle", cpu), "state");
}

int number_after(const std::string& text, std::string_view prefix) {
  const std::size_t at = text.find(prefix);
  int number = -1;
  if (at != std::string::npos) {
    std::from_chars(text.data() + at + prefix.size(), text.data() + text.size(), number);
  }
  return number;
}

std::vector<Watched> watched_by(const Host& host, const std::vector<Step>& steps) {
  std::map<std::pair<std::string, int>, Watched> watched;
  for (const Step& step : steps) {
    const bool limit = step.intent.id == "idle.pm_qos";
    if (!step.done || step.done->outcome != Outcome::written) continue;
    if (!limit && step.intent.id != "idle.states") continue;
    const int cpu = number_after(step.intent.instance, "cpu");
    Watched& entry = watched[{step.intent.id, cpu}];
    entry.id = step.intent.id;
    entry.cpu = cpu;
    if (!limit) entry.forbidden.insert(number_after(step.intent.instance, "state"));
    // A limit of zero leaves only the states that are left in no time.
    for (const int state : limit ? states_of(host, cpu) : std::vector<int>{}) {
      if (read_count(host, state_file(cpu, state, "latency")) > 0) entry.forbidden.insert(state);
    }
  }
  std::vector<Watched> list;
  list.reserve(watched.size());
  for (auto& [key, entry] : watched) list.push_back(std::move(entry));
  return list;
}

using Usage = std::map<std::pair<int, int>, std::int64_t>;  // by processor and state

Usage read_usage(const Host& host, const std::vector<Watched>& watched) {
  Usage usage;
  for (const Watched& entry : watched) {
    for (const int state : states_of(host, entry.cpu)) {
      usage[{entry.cpu, state}] = read_count(host, state_file(entry.cpu, state, "usage"));
    }
  }
  return usage;
}

Effect judge(const Watched& entry, const Usage& before, const Usage& after) {
  std::int64_t allowed = 0;
  for (const auto& [at, count] : after) {
    if (at.first != entry.cpu) continue;
    const auto start = before.find(at);
    const std::int64_t entered = start == before.end() ? 0 : count - start->second;
    if (entry.forbidden.count(at.second) == 0) {
      allowed += entered;
    } else if (entered > kSlack) {
      return Effect::disproved;
    }
  }
  return allowed > 0 ? Effect::proved : Effect::unproved;
}

}  // namespace

std::vector<EffectReport> check_effects(Host& host, const std::vector<Step>& steps,
                                        unsigned window_ms) {
  const std::vector<Watched> watched = watched_by(host, steps);
  std::vector<EffectReport> reports;
  reports.reserve(watched.size());
  Usage before;
  Usage after;
  if (host.live() && !watched.empty()) {
    before = read_usage(host, watched);
    host.pause_ms(window_ms);
    after = read_usage(host, watched);
  }
  for (const Watched& entry : watched) {
    reports.push_back({entry.id, entry.cpu, judge(entry, before, after)});
  }
  return reports;
}

}  // namespace tally::tune
