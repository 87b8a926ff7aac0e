#include "bench/counts.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <utility>

#include "json/value.hpp"
#include "json/writer.hpp"

namespace tally::bench {
namespace {

constexpr std::string_view kSchema = "tally.bench.counts/1";

using OriginField = std::pair<const char*, std::string CountsOrigin::*>;
constexpr std::array<OriginField, 5> kOriginFields = {
    {{"compiler", &CountsOrigin::compiler},
     {"flags", &CountsOrigin::flags},
     {"libc", &CountsOrigin::libc},
     {"libsecp256k1", &CountsOrigin::libsecp256k1},
     {"valgrind", &CountsOrigin::valgrind}}};

Status read_head(const json::Value& line, Counts& counts) {
  TALLY_TRY(const std::string schema, line.string_at("schema"));
  if (schema != kSchema) return fail(Code::bad_data, "the schema is " + schema);
  for (const auto& [name, member] : kOriginFields) {
    TALLY_TRY(counts.origin.*member, line.string_at(name));
  }
  return {};
}

Status read_case(const json::Value& line, Counts& counts) {
  TALLY_TRY(std::string name, line.string_at("case"));
  TALLY_TRY(const double instructions, line.number_at("instructions"));
  if (!(instructions > 0)) return fail(Code::bad_data, "instructions are not above 0");
  if (!counts.instructions.emplace(std::move(name), instructions).second) {
    return fail(Code::bad_data, "the case has a line before");
  }
  return {};
}

}  // namespace

std::string to_text(const Counts& counts) {
  json::Writer head;
  head.begin_object().field("schema", kSchema);
  for (const auto& [name, member] : kOriginFields) head.field(name, counts.origin.*member);
  head.end_object();
  std::string text = head.take() + "\n";
  for (const auto& [name, instructions] : counts.instructions) {
    json::Writer line;
    line.begin_object().field("case", name).field("instructions", instructions).end_object();
    text += line.take() + "\n";
  }
  return text;
}

Result<Counts> parse_counts(std::string_view text) {
  Counts counts;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::string where = fmt::format("line {}", ++number);
    auto value = json::parse(line);
    if (!value) return fail(std::move(value).error().in(where));
    const Status read = number == 1 ? read_head(*value, counts) : read_case(*value, counts);
    if (!read) return fail(read.error().in(where));
  }
  if (number == 0) return fail(Code::bad_data, "the file is empty");
  return counts;
}

bool CountChange::matters(double limit) const {
  return !kept || std::abs(relative()) > limit;
}

std::vector<CountChange> compare_counts(const Counts& kept, const Counts& found) {
  std::vector<CountChange> changes;
  for (const auto& [name, instructions] : found.instructions) {
    CountChange change{name, {}, instructions};
    const auto line = kept.instructions.find(name);
    if (line != kept.instructions.end()) change.kept = line->second;
    changes.push_back(std::move(change));
  }
  return changes;
}

std::string differing_fields(const CountsOrigin& a, const CountsOrigin& b) {
  std::string names;
  for (const auto& [name, member] : kOriginFields) {
    if (a.*member == b.*member) continue;
    if (!names.empty()) names += ", ";
    names += name;
  }
  return names;
}

}  // namespace tally::bench
