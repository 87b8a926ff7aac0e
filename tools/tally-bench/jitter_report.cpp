#include "jitter_report.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "bench/clock_choice.hpp"
#include "json/writer.hpp"
#include "percentiles.hpp"
#include "plot/terminal.hpp"

namespace tally::bench_tool {

namespace {

using plot::format_duration;

const char* measure_name(const JitterSetting& setting) {
  return setting.spin ? "spin" : "wake";
}

std::string heading(const JitterSetting& setting) {
  std::string words =
      setting.spin ? fmt::format("spin gaps of {} and more", format_duration(setting.threshold_ns))
                   : fmt::format("wake-up latency every {}", format_duration(setting.interval_ns));
  words += setting.policy == bench::Policy::fifo ? fmt::format(", SCHED_FIFO {}", setting.priority)
                                                 : std::string(", SCHED_OTHER");
  return words + fmt::format(", {}\n", format_duration(setting.duration_ns));
}

// "p99" rests on too few values when fewer than a hundred lie beyond it.
std::string quantile(const hist::Histogram& values, double q) {
  if (values.count() == 0) return "-";
  const bool thin = !hist::enough_beyond(q, values.count());
  return (thin ? "~" : "") + format_duration(values.quantile(q));
}

std::string row(const JitterOfCpu& found) {
  const hist::Histogram& values = found.values();
  const std::string share = found.spin ? fmt::format("{:.3f} %", found.spin->lost_share() * 100)
                                       : fmt::format("{}", found.wake->missed);
  return fmt::format("{:>4} {:>9} {:>10} {:>10} {:>10} {:>10} {:>10}\n", found.cpu, values.count(),
                     share, quantile(values, 0.5), quantile(values, 0.99), quantile(values, 0.999),
                     values.count() == 0 ? "-" : format_duration(values.max()));
}

std::string growth_words(const char* kind, const std::optional<std::vector<bench::Growth>>& grown) {
  constexpr std::size_t kMostNamed = 6;
  if (!grown) return fmt::format("{} not known", kind);
  std::string words = kind;
  for (std::size_t i = 0; i < std::min(grown->size(), kMostNamed); ++i) {
    const bench::Growth& line = (*grown)[i];
    fmt::format_to(std::back_inserter(words), "{} {} {}", i == 0 ? "" : ",", line.count, line.name);
    if (!line.what.empty()) words += " (" + line.what + ")";
  }
  if (grown->empty()) words += " none";
  if (grown->size() > kMostNamed)
    fmt::format_to(std::back_inserter(words), ", {} more lines", grown->size() - kMostNamed);
  return words;
}

std::string switch_words(const bench::ThreadUsage& usage) {
  std::string words = fmt::format("switches: put aside {} times, slept {} times", usage.involuntary,
                                  usage.voluntary);
  if (usage.run_delay_ns)
    words += fmt::format(", ready and not run {}", format_duration(*usage.run_delay_ns));
  return words;
}

std::string idle_words(const std::optional<std::vector<bench::IdleState>>& idle) {
  if (!idle) return "idle states not known";
  std::string words = "idle states:";
  for (const bench::IdleState& state : *idle)
    fmt::format_to(std::back_inserter(words), "{} {} {} times for {}",
                   &state == &idle->front() ? "" : ",", state.name, state.entries,
                   format_duration(state.time_ns));
  return idle->empty() ? words + " none" : words;
}

std::string attribution_words(const JitterOfCpu& found) {
  const bench::Attribution& by = found.attribution;
  return fmt::format("cpu {}: {}\n       {}\n       {}\n       stolen by the hypervisor: {}; {}\n",
                     found.cpu, growth_words("interrupts:", by.interrupts),
                     growth_words("softirqs:", by.softirqs), switch_words(found.usage()),
                     by.steal_ns ? format_duration(*by.steal_ns) : "not known",
                     idle_words(by.idle));
}

void optional_field(json::Writer& writer, const char* name, std::optional<std::uint64_t> value) {
  writer.key(name);
  if (value)
    writer.value(*value);
  else
    writer.null();
}

void write_growth(json::Writer& writer, const char* name,
                  const std::optional<std::vector<bench::Growth>>& grown) {
  writer.key(name);
  if (!grown) {
    writer.null();
    return;
  }
  writer.begin_array();
  for (const bench::Growth& line : *grown)
    writer.begin_object()
        .field("name", line.name)
        .field("what", line.what)
        .field("count", line.count)
        .end_object();
  writer.end_array();
}

void write_attribution(json::Writer& writer, const JitterOfCpu& found) {
  const bench::Attribution& by = found.attribution;
  writer.key("attribution").begin_object();
  write_growth(writer, "interrupts", by.interrupts);
  write_growth(writer, "softirqs", by.softirqs);
  writer.field("voluntary_switches", found.usage().voluntary);
  writer.field("involuntary_switches", found.usage().involuntary);
  optional_field(writer, "run_delay_ns", found.usage().run_delay_ns);
  optional_field(writer, "steal_ns", by.steal_ns);
  writer.key("idle_states");
  if (by.idle) {
    writer.begin_array();
    for (const bench::IdleState& state : *by.idle)
      writer.begin_object()
          .field("name", state.name)
          .field("entries", state.entries)
          .field("time_ns", state.time_ns)
          .end_object();
    writer.end_array();
  } else {
    writer.null();
  }
  writer.end_object();
}

}  // namespace

std::string to_text(const JitterSetting& setting, const std::vector<JitterOfCpu>& found) {
  std::string text = heading(setting);
  text += fmt::format("{:>4} {:>9} {:>10} {:>10} {:>10} {:>10} {:>10}\n", "cpu", "count",
                      setting.spin ? "lost" : "missed", "p50", "p99", "p99.9", "max");
  for (const JitterOfCpu& one : found) text += row(one);
  for (const JitterOfCpu& one : found) text += attribution_words(one);
  for (const std::string& note : setting.notes) text += "note: " + note + "\n";
  return text;
}

std::string to_json(const JitterSetting& setting, const JitterOfCpu& found) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.jitter/1");
  writer.field("measure", measure_name(setting)).field("cpu", found.cpu);
  writer.field("policy", bench::policy_name(setting.policy)).field("priority", setting.priority);
  writer.field("partial", setting.partial).field("start_unix_ns", setting.start_unix_ns);
  writer.field("duration_ns", setting.duration_ns);
  writer.field("dma_latency_held", setting.dma_latency_held);
  write_percentile_fields(writer, found.values());
  if (found.spin) {
    writer.field("threshold_ns", setting.threshold_ns).field("spun_ns", found.spin->spun_ns);
    writer.field("lost_ns", found.spin->lost_ns).field("lost_share", found.spin->lost_share());
    writer.field("readings", found.spin->readings);
    writer.field("clock", bench::clock_name(setting.clock));
    writer.field("clock_step_ns", setting.clock.to_ns(setting.clock.step_ticks));
  } else {
    writer.field("interval_ns", setting.interval_ns).field("missed", found.wake->missed);
    writer.field("timer_slack_ns", found.wake->timer_slack_ns);
  }
  write_attribution(writer, found);
  writer.key("notes").begin_array();
  for (const std::string& note : setting.notes) writer.value(note);
  writer.end_array();
  writer.end_object();
  return writer.take();
}

bench::Recording to_recording(const JitterSetting& setting, const JitterOfCpu& found) {
  bench::Recording recording;
  recording.name = fmt::format("jitter.{}.{}.cpu{}", measure_name(setting),
                               bench::policy_name(setting.policy), found.cpu);
  recording.what = setting.spin ? "gap of a spinning thread" : "wake-up latency";
  recording.start_unix_ns = setting.start_unix_ns;
  recording.duration_ns = setting.duration_ns;
  recording.partial = setting.partial;
  recording.notes = setting.notes;
  recording.latency = found.values();
  recording.grid = found.spin ? found.spin->grid : found.wake->grid;
  return recording;
}

}  // namespace tally::bench_tool
