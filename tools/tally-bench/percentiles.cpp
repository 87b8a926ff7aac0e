#include "percentiles.hpp"

namespace tally::bench_tool {

void write_percentile_fields(json::Writer& writer, const hist::Histogram& values) {
  const auto figure = [&](const char* name, std::uint64_t value, bool known) {
    writer.key(name);
    if (known && values.count() != 0)
      writer.value(value);
    else
      writer.null();
  };
  writer.field("count", values.count());
  figure("min_ns", values.min(), true);
  figure("p50_ns", values.quantile(0.5), true);
  figure("p90_ns", values.quantile(0.9), true);
  figure("p99_ns", values.quantile(0.99), true);
  figure("p999_ns", values.quantile(0.999), true);
  figure("p9999_ns", values.quantile(0.9999), hist::enough_beyond(0.9999, values.count()));
  figure("max_ns", values.max(), true);
}

void write_percentiles(json::Writer& writer, const char* name, const hist::Histogram* values) {
  writer.key(name);
  if (values == nullptr) {
    writer.null();
    return;
  }
  writer.begin_object();
  write_percentile_fields(writer, *values);
  writer.end_object();
}

}  // namespace tally::bench_tool
