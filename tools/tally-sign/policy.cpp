#include "policy.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "core/hex.hpp"
#include "core/units.hpp"

namespace tally::sign {
namespace {

constexpr char kForms[] = "--allow any, --allow digest, or --allow prefix=HEX,max-bytes=N";
constexpr std::string_view kPrefix = "prefix=";
constexpr std::string_view kMaxBytes = "max-bytes=";

auto no_part(std::string_view part) {
  return fail(Code::usage, fmt::format("'{}' is no part of a rule", part));
}

// Of a part that stands twice nobody knows which one was meant.
auto stands_twice(std::string_view part) {
  return fail(Code::usage, fmt::format("{} stands twice", part.substr(0, part.find('='))));
}

}  // namespace

Status Policy::parse_part(std::string_view part, Rule& rule) {
  if (part.starts_with(kPrefix)) {
    if (rule.prefix) return stands_twice(part);
    TALLY_TRY(rule.prefix, core::from_hex(part.substr(kPrefix.size())));
    if (rule.prefix->empty()) return no_part(part);
    return {};
  }
  if (part.starts_with(kMaxBytes)) {
    if (rule.max_bytes) return stands_twice(part);
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
    const auto count = core::parse_count(part.substr(kMaxBytes.size()), 0, kMost);
    if (!count) return no_part(part);
    rule.max_bytes = *count;
    return {};
  }
  return no_part(part);
}

Result<Policy::Rule> Policy::parse_rule(std::string_view text) {
  Rule rule;
  if (text == "any") return rule;
  for (std::string_view rest = text;;) {
    const auto comma = rest.find(',');
    TALLY_CHECK(parse_part(rest.substr(0, comma), rule));
    if (comma == std::string_view::npos) return rule;
    rest.remove_prefix(comma + 1);
  }
}

Result<Policy> Policy::parse(const std::vector<std::string>& rules) {
  if (rules.empty()) {
    return fail(Code::usage, "a party needs to be told what it may sign", kForms);
  }
  Policy policy;
  for (const std::string& text : rules) {
    if (text == "digest") {
      policy.allows_digest_ = true;
      continue;
    }
    auto rule = parse_rule(text);
    if (!rule) {
      return fail(Code::usage, fmt::format("--allow {}: {}", text, rule.error().message), kForms);
    }
    policy.rules_.push_back(std::move(*rule));
  }
  return policy;
}

bool Policy::allows(ByteView message) const {
  return std::any_of(rules_.begin(), rules_.end(), [message](const Rule& rule) {
    if (rule.max_bytes && message.size() > *rule.max_bytes) return false;
    if (!rule.prefix) return true;
    return message.size() >= rule.prefix->size() &&
           std::equal(rule.prefix->begin(), rule.prefix->end(), message.begin());
  });
}

}  // namespace tally::sign
