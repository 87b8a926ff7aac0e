#include "net_report.hpp"

#include <fmt/format.h>
#include <iterator>

#include "json/writer.hpp"
#include "percentiles.hpp"
#include "plot/terminal.hpp"

namespace tally::bench_tool {

namespace {

const char* protocol(const NetReport& report) {
  return report.load.tcp ? "tcp" : "udp";
}

const char* end_word(NetEnd end) {
  switch (end) {
    case NetEnd::complete:
      return "complete";
    case NetEnd::stopped:
      return "stopped";
    case NetEnd::closed:
      break;
  }
  return "closed";
}

bool open_loop(const NetReport& report) {
  return report.rate > 0;
}

double packets_per_second(const NetResult& result) {
  constexpr double kNsPerSecond = 1e9;
  if (result.duration_ns == 0) return 0;
  return static_cast<double>(result.received) * kNsPerSecond /
         static_cast<double>(result.duration_ns);
}

std::vector<std::string> all_notes(const NetReport& report) {
  std::vector<std::string> notes = report.notes;
  if (report.result.end == NetEnd::stopped) notes.emplace_back("partial: stopped before the end");
  if (report.result.end == NetEnd::closed)
    notes.emplace_back("partial: the other end closed the connection");
  if (open_loop(report))
    notes.push_back(fmt::format(
        "open loop, {} packets/s{}, at most {} unanswered: response counts from when a packet was "
        "due, service from when it was sent",
        report.rate, report.poisson ? fmt::format(" (poisson, seed {})", report.seed) : "",
        report.load.window));
  else
    notes.push_back(fmt::format(
        "closed loop, at most {} unanswered: a stall of the server delays packets without showing "
        "in their times; --rate makes an open loop",
        report.load.window));
  if (!report.result.segments.reason.empty())
    notes.push_back("no split into app, kernel and wire: " + report.result.segments.reason);
  else if (report.result.segments.missing != 0)
    notes.push_back(fmt::format("{} answers without both of the kernel's stamps",
                                report.result.segments.missing));
  // Said once when neither is there.
  if (report.result.segments.reason.empty() && !report.result.segments.nic_reason.empty())
    notes.push_back("no hardware stamps: " + report.result.segments.nic_reason);
  return notes;
}

void write_segments(json::Writer& writer, const NetReport& report) {
  const NetSegments& segments = report.result.segments;
  writer.key("segments").begin_object();
  const bool known = segments.reason.empty();
  write_percentiles(writer, "app", known && open_loop(report) ? &segments.app : nullptr);
  write_percentiles(writer, "kernel_out", known ? &segments.kernel_out : nullptr);
  write_percentiles(writer, "wire", known ? &segments.wire : nullptr);
  write_percentiles(writer, "kernel_in", known ? &segments.kernel_in : nullptr);
  write_percentiles(writer, "nic", segments.nic_reason.empty() ? &segments.nic : nullptr);
  writer.key("nic_reason");
  if (segments.nic_reason.empty())
    writer.null();
  else
    writer.value(segments.nic_reason);
  writer.field("missing", segments.missing);
  writer.key("reason");
  if (!known)
    writer.value(segments.reason);
  else if (!open_loop(report))
    writer.value("app: in a closed loop a packet is due when it is sent");
  else
    writer.null();
  writer.end_object();
}

}  // namespace

std::string to_text(const NetReport& report) {
  const NetResult& result = report.result;
  std::string text = fmt::format("{}: sent {}, received {}, lost {}", report.target, result.sent,
                                 result.received, result.lost);
  const auto besides = [&](const char* name, std::uint64_t count) {
    if (count != 0) fmt::format_to(std::back_inserter(text), ", {} {}", name, count);
  };
  besides("late", result.late);
  besides("foreign", result.foreign);
  besides("refused", result.refused);
  fmt::format_to(std::back_inserter(text), "\n{} packets/s of {} bytes over {}\n\n",
                 static_cast<std::uint64_t>(packets_per_second(result)), report.load.bytes,
                 plot::format_duration(result.duration_ns));
  std::vector<plot::PercentileRow> rows;
  if (open_loop(report)) rows.push_back(plot::percentile_row("response", result.response));
  rows.push_back(plot::percentile_row("service", result.service));
  const NetSegments& segments = result.segments;
  if (segments.reason.empty()) {
    if (open_loop(report)) rows.push_back(plot::percentile_row("  app", segments.app));
    rows.push_back(plot::percentile_row("  kernel out", segments.kernel_out));
    rows.push_back(plot::percentile_row("  wire", segments.wire));
    if (segments.nic_reason.empty()) rows.push_back(plot::percentile_row("    nic", segments.nic));
    rows.push_back(plot::percentile_row("  kernel in", segments.kernel_in));
  }
  text += plot::percentile_table(rows);
  if (text.find('~') != std::string::npos)
    text += "~ fewer than 100 values lie beyond this percentile\n";
  for (const std::string& note : all_notes(report)) text += "note: " + note + "\n";
  return text;
}

std::string to_json(const NetReport& report) {
  const NetResult& result = report.result;
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.net/1");
  writer.field("target", report.target).field("protocol", protocol(report));
  writer.field("dialect", report.load.dialect == Dialect::echo ? "echo" : "sockperf");
  writer.field("partial", result.end != NetEnd::complete).field("end", end_word(result.end));
  writer.field("loop", open_loop(report) ? "open" : "closed");
  writer.key("rate_per_s");
  if (open_loop(report))
    writer.value(report.rate);
  else
    writer.null();
  writer.key("arrivals");
  if (open_loop(report))
    writer.value(report.poisson ? "poisson" : "fixed");
  else
    writer.null();
  writer.field("seed", report.seed).field("window", report.load.window);
  writer.field("packet_bytes", report.load.bytes).field("timeout_ns", report.load.timeout_ns);
  writer.field("sent", result.sent).field("received", result.received);
  writer.field("lost", result.lost).field("late", result.late);
  writer.field("foreign", result.foreign).field("refused", result.refused);
  writer.field("start_unix_ns", result.start_unix_ns).field("duration_ns", result.duration_ns);
  writer.field("packets_per_s", packets_per_second(result));
  write_percentiles(writer, "response", open_loop(report) ? &result.response : nullptr);
  write_percentiles(writer, "service", &result.service);
  write_segments(writer, report);
  writer.key("notes").begin_array();
  for (const std::string& note : all_notes(report)) writer.value(note);
  writer.end_array();
  writer.end_object();
  return writer.take();
}

bench::Recording to_recording(const NetReport& report) {
  bench::Recording recording;
  recording.name = fmt::format("net.{}.rtt", protocol(report));
  recording.what = open_loop(report) ? "response time" : "round trip";
  recording.start_unix_ns = report.result.start_unix_ns;
  recording.duration_ns = report.result.duration_ns;
  recording.partial = report.result.end != NetEnd::complete;
  recording.notes = all_notes(report);
  recording.latency = report.result.service;
  if (open_loop(report)) {
    constexpr double kNsPerSecond = 1e9;
    recording.expected_interval_ns = static_cast<std::uint64_t>(kNsPerSecond / report.rate);
    recording.corrected = report.result.response;
  }
  recording.grid = report.result.grid;
  return recording;
}

}  // namespace tally::bench_tool
