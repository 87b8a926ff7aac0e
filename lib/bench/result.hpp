// Results as text: the JSON line that scripts read, the line that people read, and CSV.
#pragma once

#include <string>

#include "bench/collector.hpp"
#include "core/result.hpp"
#include "json/value.hpp"

namespace tally::bench {

// {"schema":"tally.bench.result/1","case":...,"unit":...,"median":...,"p10":...,"p90":...,
//  "samples":...,"seed":...,"calibration_ns":...,"mode":...,
//  "peers":[{"name":...,"median":...,"ratio":...,"ratio_p10":...,"ratio_p90":...,"pairs":...,
//  "limit":true}],"notes":[...],
//  "clock":{"source":"tsc"|"clock_gettime","step_ns":...,"overhead_ns":...,"ns_per_tick":...,
//           "spread":...},
//  "counters":{"operations":...,EVENT:per operation,...,"running":{EVENT:share},
//              "user_only":[EVENT],"reasons":{EVENT:why it is null}}}
// "clock" is there when the runner measured, "counters" when they were asked for.
// What could not be measured is null, with a note that says why. No newline at the end.
[[nodiscard]] std::string to_json(const CaseResult& result);

// Reads such a line back, whole; what another program left out is unknown. Errors: bad_data, naming
// the member.
[[nodiscard]] Result<CaseResult> read_result(const json::Value& document);

// CSV as RFC 4180 has it, but with a newline alone: a head, then for each result a row of ours and
// one of each peer. What is not known is empty.
[[nodiscard]] std::string csv_head();
[[nodiscard]] std::string to_csv(const CaseResult& result);

// The head of the table and one line of it, with a line below for each peer and each note.
[[nodiscard]] std::string table_head();
[[nodiscard]] std::string to_text(const CaseResult& result);

}  // namespace tally::bench
