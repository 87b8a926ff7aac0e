#include "sign_stats.hpp"

#include <fmt/format.h>

#include "json/writer.hpp"

namespace tally::sign {
namespace {

std::string in_us(const hist::Histogram& hop) {
  const auto us = [&](double q) { return static_cast<double>(hop.quantile(q)) / 1000.0; };
  return fmt::format("p50 {:.0f} p99 {:.0f} max {:.0f} us", us(0.5), us(0.99),
                     static_cast<double>(hop.max()) / 1000.0);
}

void write_hop(json::Writer& out, const char* name, const hist::Histogram& hop) {
  out.begin_object().field("name", name).field("count", hop.count());
  out.field("p50_ns", hop.quantile(0.5)).field("p99_ns", hop.quantile(0.99));
  out.field("p999_ns", hop.quantile(0.999)).field("p9999_ns", hop.quantile(0.9999));
  out.field("max_ns", hop.max()).end_object();
}

}  // namespace

std::string SignStats::text(const EngineCounts& counts, double seconds) const {
  const double rate = seconds > 0 ? static_cast<double>(published) / seconds : 0;
  std::string line = fmt::format("stats: {} accepted, {} signed, {:.0f}/s, {} failed, {} retried",
                                 counts.accepted, published, rate, counts.failed, counts.retried);
  if (sign.count() > 0) line += ", sign " + in_us(sign);
  if (ring_wait.count() > 0) line += ", ring wait " + in_us(ring_wait);
  return line;
}

std::string SignStats::json(const EngineCounts& counts, bool with_ring) const {
  json::Writer out;
  out.begin_object().field("schema", "tally.stats/1").field("tool", "tally-sign");
  out.field("final", true).key("hops").begin_array();
  if (with_ring) write_hop(out, "ring_wait", ring_wait);
  write_hop(out, "sign", sign);
  out.end_array().key("counts").begin_object();
  out.field("accepted", counts.accepted).field("signed", published);
  out.field("failed", counts.failed).field("retried", counts.retried);
  out.field("banned", counts.banned).end_object().end_object();
  return out.take();
}

}  // namespace tally::sign
