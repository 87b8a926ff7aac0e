// Reading lines of schema tally.bench.result/1, of this program or of any other that prints them,
// which may leave out all but the case. The members that every result has are read here and
// nowhere else; read_result() of result.hpp goes on to what only this program's have. Pure
// functions; any thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/statistics.hpp"
#include "core/result.hpp"
#include "json/value.hpp"

namespace tally::bench {

inline constexpr const char* kResultSchema = "tally.bench.result/1";

struct ResultLine {
  std::string name;  // of the case
  std::string unit;
  std::string mode;                                    // "near", "far" or "none"
  std::map<std::string, double, std::less<>> numbers;  // every field that is a finite number

  [[nodiscard]] std::optional<double> number(std::string_view field) const;
};

// A unit with a "/" in it, "Mmsg/s", is a rate, of which more is better.
[[nodiscard]] Kind kind_of_unit(std::string_view unit);

// Empty for a JSON object of another schema. Errors: bad_data, for what is no JSON object and for a
// line of the schema that lacks its case.
[[nodiscard]] Result<std::optional<ResultLine>> result_line(const json::Value& document);
[[nodiscard]] Result<std::optional<ResultLine>> parse_result_line(std::string_view line);

// Calls visit(line number from 1, line) for each line that holds more than blanks, until it fails.
[[nodiscard]] Status for_each_line(
    std::string_view text, const std::function<Status(std::size_t, std::string_view)>& visit);

// Every line of `text`, which must all be results; `source` names it in errors. Errors: bad_data
// with the line, also when there is none.
[[nodiscard]] Result<std::vector<ResultLine>> parse_results(std::string_view text,
                                                            const std::string& source);

}  // namespace tally::bench
