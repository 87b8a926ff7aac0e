// Percentiles of a histogram as JSON, the same in every schema that has them.
#pragma once

#include "hist/histogram.hpp"
#include "json/writer.hpp"

namespace tally::bench_tool {

// "count", "min_ns", "p50_ns", "p90_ns", "p99_ns", "p999_ns", "p9999_ns", "max_ns" into the object
// that is open; null for all but the count when nothing was recorded, and for percentiles beyond
// 99.9 that hist::enough_beyond does not grant.
void write_percentile_fields(json::Writer& writer, const hist::Histogram& values);

// The same as an object of its own named `name`, or null when there is no histogram.
void write_percentiles(json::Writer& writer, const char* name, const hist::Histogram* values);

}  // namespace tally::bench_tool
