// The hops of a chain, as its tools measured them: read from the statistics that tally-relay,
// tally-sign and tally-bench pipeline leave behind.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "plot/terminal.hpp"

namespace tally::bench_tool {

// The rows of one JSON object of schema tally.stats/1 or tally.bench.pipeline/1, named
// "LABEL: HOP". Errors: bad_data for another schema, or a hop without name and count.
[[nodiscard]] Result<std::vector<plot::PercentileRow>> hop_rows(const json::Value& statistics,
                                                                const std::string& label);

// The rows of a file that holds such an object, or several, one a line, of which the last counts
// for each set of hops. The label is the file's name without folder and ".json".
// Errors: no_input, permission, io; bad_data naming file and line.
[[nodiscard]] Result<std::vector<plot::PercentileRow>> read_hops(const std::string& path);

// The fields of a hop as tally.stats/1 has them: an object inside a document, and a line of its own
// with schema tally.bench.hop/1.
void write_hop(json::Writer& writer, const plot::PercentileRow& row);
[[nodiscard]] std::string hop_json(const plot::PercentileRow& row);

}  // namespace tally::bench_tool
