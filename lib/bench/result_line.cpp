#include "bench/result_line.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace tally::bench {

namespace {

std::optional<double> finite_number(const json::Value& value) {
  double number = 0;
  if (const auto* real = std::get_if<double>(&value.content()))
    number = *real;
  else if (const auto* whole = std::get_if<std::int64_t>(&value.content()))
    number = static_cast<double>(*whole);
  else if (const auto* large = std::get_if<std::uint64_t>(&value.content()))
    number = static_cast<double>(*large);
  else
    return std::nullopt;
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

}  // namespace

std::optional<double> ResultLine::number(std::string_view field) const {
  const auto found = numbers.find(field);
  if (found == numbers.end()) return std::nullopt;
  return found->second;
}

Kind kind_of_unit(std::string_view unit) {
  return unit.find('/') == std::string_view::npos ? Kind::cost : Kind::rate;
}

Result<std::optional<ResultLine>> result_line(const json::Value& document) {
  const auto* members = document.as_object();
  if (members == nullptr) return fail(Code::bad_data, "the line is no JSON object");
  const json::Value* schema = document.find("schema");
  if (schema == nullptr || schema->as_string() == nullptr || *schema->as_string() != kResultSchema)
    return std::optional<ResultLine>();
  ResultLine result;
  TALLY_TRY(result.name, document.string_at("case"));
  if (result.name.empty()) return fail(Code::bad_data, "member 'case' is empty");
  const auto text_or = [&](std::string_view name, const char* otherwise) {
    const json::Value* found = document.find(name);
    return found != nullptr && found->as_string() != nullptr ? *found->as_string()
                                                             : std::string(otherwise);
  };
  result.unit = text_or("unit", "ns");
  result.mode = text_or("mode", "none");
  for (const auto& [name, value] : *members)
    if (const auto number = finite_number(value)) result.numbers.emplace(name, *number);
  return std::optional<ResultLine>(std::move(result));
}

Result<std::optional<ResultLine>> parse_result_line(std::string_view line) {
  TALLY_TRY(const json::Value document, json::parse(line));
  return result_line(document);
}

Status for_each_line(std::string_view text,
                     const std::function<Status(std::size_t, std::string_view)>& visit) {
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    TALLY_CHECK(visit(number, line));
  }
  return {};
}

Result<std::vector<ResultLine>> parse_results(std::string_view text, const std::string& source) {
  std::vector<ResultLine> results;
  const auto read = [&](std::size_t number, std::string_view line) -> Status {
    auto result = parse_result_line(line);
    const std::string where = fmt::format("{}:{}", source, number);
    if (!result) return fail(result.error().in(where));
    if (!*result)
      return fail(Code::bad_data, where + ": not a line of schema " + kResultSchema,
                  "tally-bench run --json prints such lines");
    results.push_back(std::move(**result));
    return {};
  };
  TALLY_CHECK(for_each_line(text, read));
  if (results.empty())
    return fail(Code::bad_data, source + ": no result line",
                "tally-bench run --json prints such lines");
  return results;
}

}  // namespace tally::bench
