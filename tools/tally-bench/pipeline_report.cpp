#include "pipeline_report.hpp"

#include <fmt/format.h>
#include <iterator>

#include "hops.hpp"
#include "json/writer.hpp"

namespace tally::bench_tool {

namespace {

double packets_per_second(const PipelineReport& report, const PipelineCounts& counts) {
  constexpr double kNsPerSecond = 1e9;
  if (report.exchange.duration_ns == 0) return 0;
  return static_cast<double>(counts.received) * kNsPerSecond /
         static_cast<double>(report.exchange.duration_ns);
}

std::string load_words(const PipelineReport& report) {
  if (report.rate <= 0)
    return fmt::format(
        "closed loop, at most {} unanswered: latency counts from the moment of sending, so a stall "
        "delays packets without showing in their latency; --rate makes an open loop",
        report.load.window);
  std::string words = fmt::format(
      "open loop, {} packets/s, at most {} unanswered: latency counts from the intended send time",
      report.rate, report.load.window);
  if (report.exchange.held_back != 0)
    fmt::format_to(std::back_inserter(words),
                   "; {} packets were due while the window was full and waited up to {}",
                   report.exchange.held_back,
                   plot::format_duration(report.exchange.held_back_ns_max));
  return words;
}

std::string outcome_words(const PipelineReport& report, const PipelineCounts& counts) {
  std::string words;
  const auto add = [&](const std::string& text) { words += "note: " + text + "\n"; };
  if (report.exchange.end == ExchangeEnd::stopped) add("partial: stopped before the end");
  if (report.exchange.end == ExchangeEnd::stalled)
    add(fmt::format("ended after {} without an answer",
                    plot::format_duration(report.load.timeout_ns)));
  if (!report.verify.complete)
    add(fmt::format("partial: {} signatures were not checked",
                    counts.signed_ - report.verify.verified - report.verify.bad));
  if (report.verify.first_bad)
    add(fmt::format("the first wrong signature is that of packet {}", *report.verify.first_bad));
  add(load_words(report));
  for (const std::string& note : report.notes) add(note);
  return words;
}

const char* end_word(ExchangeEnd end) {
  switch (end) {
    case ExchangeEnd::complete:
      return "complete";
    case ExchangeEnd::stalled:
      return "stalled";
    case ExchangeEnd::stopped:
      break;
  }
  return "stopped";
}

}  // namespace

bool all_well(const PipelineReport& report, const PipelineCounts& counts) {
  return counts.lost() == 0 && counts.altered == 0 && counts.signed_ == counts.received &&
         report.verify.bad == 0 && report.verify.verified == counts.signed_;
}

plot::PercentileRow end_to_end(const Ledger& ledger) {
  return plot::percentile_row("end_to_end", ledger.latency());
}

std::string to_text(const PipelineReport& report, const Ledger& ledger) {
  const PipelineCounts& counts = ledger.counts();
  std::string text =
      fmt::format("sent {}, received {}, signed {}, verified {}, lost {}", counts.sent,
                  counts.received, counts.signed_, report.verify.verified, counts.lost());
  const auto besides = [&](const char* name, std::uint64_t count) {
    if (count != 0) fmt::format_to(std::back_inserter(text), ", {} {}", name, count);
  };
  besides("wrong signatures", report.verify.bad);
  besides("altered", counts.altered);
  besides("duplicates", counts.duplicates);
  besides("reordered", counts.reordered);
  besides("foreign", counts.foreign);
  fmt::format_to(std::back_inserter(text), "\n{} packets/s over {}\n\n",
                 static_cast<std::uint64_t>(packets_per_second(report, counts)),
                 plot::format_duration(report.exchange.duration_ns));
  std::vector<plot::PercentileRow> rows = report.hops;
  rows.push_back(end_to_end(ledger));
  text += plot::percentile_table(rows);
  if (text.find('~') != std::string::npos)
    text += "~ fewer than 100 values lie beyond this percentile\n";
  return text + outcome_words(report, counts);
}

std::string to_json(const PipelineReport& report, const Ledger& ledger) {
  const PipelineCounts& counts = ledger.counts();
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.pipeline/1");
  writer.field("partial", report.partial()).field("end", end_word(report.exchange.end));
  writer.field("to", report.to).field("from", report.from);
  writer.field("count", report.load.count).field("window", report.load.window);
  writer.field("packet_bytes", ledger.packet_bytes());
  writer.key("rate_per_s");
  if (report.rate > 0)
    writer.value(report.rate);
  else
    writer.null();
  writer.field("loop", report.rate > 0 ? "open" : "closed");
  writer.field("sent", counts.sent).field("received", counts.received);
  writer.field("signed", counts.signed_).field("verified", report.verify.verified);
  writer.field("lost", counts.lost()).field("bad_signatures", report.verify.bad);
  writer.field("altered", counts.altered).field("duplicates", counts.duplicates);
  writer.field("reordered", counts.reordered).field("foreign", counts.foreign);
  writer.field("held_back", report.exchange.held_back);
  writer.field("held_back_ns_max", report.exchange.held_back_ns_max);
  writer.field("duration_ns", report.exchange.duration_ns);
  writer.field("packets_per_s", packets_per_second(report, counts));
  writer.key("hops").begin_array();
  for (const plot::PercentileRow& row : report.hops) write_hop(writer, row);
  write_hop(writer, end_to_end(ledger));
  writer.end_array();
  writer.key("notes").begin_array();
  for (const std::string& note : report.notes) writer.value(note);
  writer.end_array();
  writer.end_object();
  return writer.take();
}

bench::Recording to_recording(const PipelineReport& report, const Ledger& ledger) {
  bench::Recording recording;
  recording.name = "pipeline.end_to_end";
  recording.what = "from a packet to its signature";
  recording.start_unix_ns = report.start_unix_ns;
  recording.duration_ns = report.exchange.duration_ns;
  recording.partial = report.partial();
  recording.notes = report.notes;
  recording.notes.push_back(load_words(report));
  recording.latency = ledger.latency();
  recording.grid = ledger.grid();
  return recording;
}

}  // namespace tally::bench_tool
