#include "json/flat_reader.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "json/simdjson_parser.hpp"

namespace tally::json {
namespace {

// Up to so many names are compared pair by pair; more are sorted, so that a hostile line costs no
// square of its length.
constexpr std::size_t kFewMembers = 12;
constexpr std::size_t kFirstBytes = 1024;

FlatReader::Plain plain(const simdjson::dom::element& element) {
  using Type = simdjson::dom::element_type;
  switch (element.type()) {
    case Type::NULL_VALUE:
      return nullptr;
    case Type::BOOL:
      return bool{element.get_bool().value_unsafe()};
    case Type::INT64:
      return std::int64_t{element.get_int64().value_unsafe()};
    case Type::UINT64:
      return std::uint64_t{element.get_uint64().value_unsafe()};
    case Type::DOUBLE:
      return double{element.get_double().value_unsafe()};
    case Type::STRING:
      return std::string_view(element.get_string().value_unsafe());
    case Type::ARRAY:
    case Type::OBJECT:
      break;
  }
  return FlatReader::Nested{};
}

}  // namespace

struct FlatReader::State {
  simdjson::dom::parser parser;
  std::vector<char> padded = std::vector<char>(kFirstBytes + simdjson::SIMDJSON_PADDING);
  std::vector<Member> members;
  std::vector<std::string_view> names;

  // A name that stands twice, or null.
  const std::string_view* twice() {
    if (members.size() > kFewMembers) {
      names.clear();
      for (const Member& member : members) names.push_back(member.name);
      std::sort(names.begin(), names.end());
      const auto at = std::adjacent_find(names.begin(), names.end());
      return at == names.end() ? nullptr : &*at;
    }
    for (std::size_t i = 1; i < members.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (members[i].name == members[j].name) return &members[i].name;
      }
    }
    return nullptr;
  }
};

FlatReader::FlatReader() : state_(std::make_unique<State>()) {}
FlatReader::~FlatReader() = default;

Result<std::span<const FlatReader::Member>> FlatReader::read(std::string_view line) {
  State& all = *state_;
  // The parser reads past the end of what it is given.
  if (all.padded.size() < line.size() + simdjson::SIMDJSON_PADDING) {
    all.padded.resize(line.size() + simdjson::SIMDJSON_PADDING);
  }
  if (!line.empty()) std::memcpy(all.padded.data(), line.data(), line.size());
  simdjson::dom::element root;
  const auto error = parse_bounded(all.parser, all.padded.data(), line.size(), root);
  if (error != simdjson::SUCCESS) return not_json(error);
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return fail(Code::bad_data, "the line is not a JSON object");
  }
  all.members.clear();
  for (const auto member : object) all.members.push_back({member.key, plain(member.value)});
  if (const auto* const name = all.twice(); name != nullptr) return stands_twice(*name);
  return std::span<const Member>(all.members);
}

}  // namespace tally::json
