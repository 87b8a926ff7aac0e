#include "stats.hpp"

#include <array>
#include <fmt/format.h>

#include "core/units.hpp"
#include "json/writer.hpp"

namespace tally::relay {
namespace {

struct LossWord {
  std::string_view key;
  std::string_view text;
};

// In the order of Counts::losses().
constexpr std::array<LossWord, 10> kLosses{{
    {"drops_kernel", "in the kernel's socket queue (raise rcvbuf)"},
    {"drops_truncated", "longer than the receive buffer (raise bytes)"},
    {"drops_ring_lost", "left unread in a ring that nobody holds any more"},
    {"drops_overwritten", "overwritten in the ring before they were read"},
    {"drops_too_long", "longer than a slot or datagram (raise bytes)"},
    {"drops_ring_full", "because the ring was full"},
    {"drops_send_error", "refused by the kernel"},
    {"drops_write", "not taken by the reader"},
    {"drops_undelivered", "undelivered at the end"},
    {"replies_missing", "not replied to"},
}};

void write_hop(json::Writer& writer, const Hop& hop) {
  const hist::Histogram& times = hop.times;
  writer.begin_object().field("name", hop.name).field("count", times.count());
  writer.field("p50_ns", times.quantile(0.5)).field("p99_ns", times.quantile(0.99));
  writer.field("p999_ns", times.quantile(0.999)).field("p9999_ns", times.quantile(0.9999));
  writer.field("max_ns", times.max()).end_object();
}

}  // namespace

std::vector<std::pair<std::string_view, std::uint64_t>> Counts::losses() const {
  const std::array<std::uint64_t, kLosses.size()> values{
      source.kernel_drops, source.truncated,
      source.ring_lost,    source.overwritten + sink.overwritten + sink.overwritten_earlier,
      sink.too_long,       sink.ring_full,
      sink.send_errors,    sink.lost_at_close,
      undelivered,         source.replies_missing};
  std::vector<std::pair<std::string_view, std::uint64_t>> all;
  for (std::size_t i = 0; i < values.size(); ++i) all.emplace_back(kLosses[i].key, values[i]);
  return all;
}

std::uint64_t Counts::lost() const {
  std::uint64_t sum = 0;
  for (const auto& [cause, count] : losses()) sum += count;
  return sum;
}

bool Counts::balanced() const {
  return source.records == sink.sent + sink.drops() + undelivered + in_flight;
}

std::string stats_line(const Counts& counts, const std::vector<const Hop*>& hops) {
  std::string line =
      fmt::format("rx {} tx {} lost {}", counts.source.records, counts.sink.sent, counts.lost());
  if (counts.source.in_doubt > 0) line += fmt::format(" in doubt {}", counts.source.in_doubt);
  for (const Hop* const hop : hops) {
    const hist::Histogram& times = hop->times;
    if (times.count() == 0) continue;
    line += fmt::format(
        ", {} p50 {} p99 {} p99.9 {} max {}", hop->name, core::format_duration(times.quantile(0.5)),
        core::format_duration(times.quantile(0.99)), core::format_duration(times.quantile(0.999)),
        core::format_duration(times.max()));
  }
  return line;
}

std::string stats_json(const Counts& counts, const std::vector<const Hop*>& hops,
                       std::string_view engine, bool final) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.stats/1").field("tool", "tally-relay");
  writer.field("final", final).key("hops").begin_array();
  for (const Hop* const hop : hops) write_hop(writer, *hop);
  writer.end_array().key("counts").begin_object();
  writer.field("rx_records", counts.source.records).field("rx_bytes", counts.source.bytes);
  writer.field("rx_batches", counts.source.batches).field("rx_syscalls", counts.source.syscalls);
  writer.field("tx_records", counts.sink.sent).field("tx_bytes", counts.sink.bytes);
  writer.field("tx_batches", counts.sink.batches).field("tx_syscalls", counts.sink.syscalls);
  for (const auto& [cause, count] : counts.losses()) writer.field(cause, count);
  writer.field("in_doubt", counts.source.in_doubt);
  writer.field("in_flight", counts.in_flight).field("tx_refused", counts.sink.refused);
  writer.field("dead_readers", counts.sink.dead_readers);
  writer.field("rx_socket_errors", counts.source.socket_errors);
  writer.field("rx_cut_bytes", counts.source.cut_bytes).field("replies", counts.source.replies);
  writer.end_object().key("engine");
  if (engine.empty()) {
    writer.null();
  } else {
    writer.value(engine);
  }
  writer.end_object();
  return writer.take();
}

std::string loss_text(const Counts& counts) {
  std::string text;
  const auto losses = counts.losses();
  for (std::size_t i = 0; i < losses.size(); ++i) {
    if (losses[i].second == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", losses[i].second, kLosses[i].text);
  }
  return text;
}

}  // namespace tally::relay
