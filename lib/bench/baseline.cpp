#include "bench/baseline.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "core/bytes.hpp"
#include "core/crc32c.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace tally::bench {

namespace {

std::string body_of(const std::vector<std::string>& lines) {
  std::string body;
  for (const std::string& line : lines) body += line + "\n";
  return body;
}

std::string checksum_of(std::string_view body) {
  return fmt::format("{:08x}", core::crc32c(core::as_bytes(body)));
}

Error foreign(const std::string& source) {
  return Error{Code::bad_data, source + " is not a baseline", "tally-bench baseline save makes one",
               0};
}

Error damaged(const std::string& source, const char* how) {
  return Error{Code::bad_data, fmt::format("{} is damaged: {}", source, how),
               "tally-bench baseline save --replace makes a new one", 0};
}

// Half of the spread of a result in logarithms, 0 when it is not known.
double half_spread(const ResultLine& result) {
  const auto low = result.number("p10");
  const auto high = result.number("p90");
  if (!low || !high || !(*low > 0) || !(*high > *low)) return 0;
  return std::log(*high / *low) / 2;
}

void judge(const ResultLine& before, const ResultLine& now, double floor, BaselineRow& row) {
  if (!row.before || !row.now || !(*row.before > 0) || !(*row.now > 0)) return;
  double worse = std::log(*row.now / *row.before);
  if (kind_of_unit(row.unit) == Kind::rate) worse = -worse;
  const double band = std::max({std::log1p(floor), half_spread(before), half_spread(now)});
  row.ratio = std::exp(worse);
  row.floor = std::expm1(band);
  row.change = Change::none;
  if (worse > band) row.change = Change::regression;
  if (worse < -band) row.change = Change::improvement;
}

}  // namespace

std::string encode_baseline(const Baseline& baseline) {
  const std::string body = body_of(baseline.lines);
  json::Writer writer;
  writer.begin_object().field("schema", kBaselineSchema).field("name", baseline.name);
  writer.field("time_ns", baseline.time_ns).field("version", baseline.version).key("host");
  write_fingerprint(writer, baseline.host);
  writer.field("results", baseline.lines.size()).field("crc32c", checksum_of(body));
  writer.end_object();
  return writer.take() + "\n" + body;
}

Result<Baseline> parse_baseline(std::string_view text, const std::string& source) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return fail(foreign(source));
  const auto head = json::parse(text.substr(0, end));
  if (!head || head->string_at("schema").value_or("") != kBaselineSchema)
    return fail(foreign(source));
  const std::string_view body = text.substr(end + 1);
  if (head->string_at("crc32c").value_or("") != checksum_of(body))
    return fail(damaged(source, "its checksum is another"));

  Baseline baseline;
  const auto read_head = [&]() -> Status {
    TALLY_TRY(baseline.name, head->string_at("name"));
    TALLY_TRY(const std::int64_t time_ns, head->int_at("time_ns"));
    baseline.time_ns = time_ns < 0 ? 0 : static_cast<std::uint64_t>(time_ns);
    TALLY_TRY(baseline.version, head->string_at("version"));
    const json::Value* host = head->find("host");
    if (host == nullptr) return fail(Code::bad_data, "member 'host' is missing");
    TALLY_TRY(baseline.host, parse_fingerprint(*host));
    return {};
  };
  if (const Status read = read_head(); !read) return fail(read.error().in(source));
  TALLY_TRY(baseline.results, parse_results(body, source));
  TALLY_CHECK(for_each_line(body, [&](std::size_t, std::string_view line) -> Status {
    baseline.lines.emplace_back(line);
    return {};
  }));
  const auto count = head->int_at("results");
  if (!count || *count != static_cast<std::int64_t>(baseline.lines.size()))
    return fail(damaged(source, "it has another number of results than it says"));
  return baseline;
}

Status check_baseline_name(const std::string& name) {
  constexpr std::size_t kLongest = 64;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  if (!name.empty() && name.size() <= kLongest && name[0] != '.' && name[0] != '-' &&
      std::all_of(name.begin(), name.end(), allowed))
    return {};
  return fail(Code::usage, fmt::format("'{}' cannot be the name of a baseline", name),
              "letters, digits, dots, dashes and underscores, at most 64");
}

std::vector<BaselineRow> compare_with_baseline(const std::vector<ResultLine>& before,
                                               const std::vector<ResultLine>& now, double floor) {
  struct Sides {
    const ResultLine* before = nullptr;
    const ResultLine* now = nullptr;
  };
  std::map<std::pair<std::string, std::string>, Sides> cases;
  for (const ResultLine& result : before) cases[{result.name, result.mode}].before = &result;
  for (const ResultLine& result : now) cases[{result.name, result.mode}].now = &result;
  std::vector<BaselineRow> rows;
  for (const auto& [key, sides] : cases) {
    BaselineRow row;
    row.name = key.first;
    row.mode = key.second;
    row.unit = sides.now != nullptr ? sides.now->unit : sides.before->unit;
    if (sides.before != nullptr) row.before = sides.before->number("median");
    if (sides.now != nullptr) row.now = sides.now->number("median");
    if (sides.before != nullptr && sides.now != nullptr && sides.before->unit == row.unit)
      judge(*sides.before, *sides.now, floor, row);
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tally::bench
