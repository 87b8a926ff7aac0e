#include "policy.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "core/hex.hpp"

namespace tally::sign {
namespace {

constexpr char kForms[] = "--allow any, --allow digest, or --allow prefix=HEX,max-bytes=N";
constexpr std::string_view kPrefix = "prefix=";
constexpr std::string_view kMaxBytes = "max-bytes=";

}  // namespace

Status Policy::parse_part(std::string_view part, Rule& rule) {
  if (part.starts_with(kPrefix)) {
    TALLY_TRY(rule.prefix, core::from_hex(part.substr(kPrefix.size())));
    if (!rule.prefix.empty()) return {};
  } else if (part.starts_with(kMaxBytes)) {
    const std::string_view digits = part.substr(kMaxBytes.size());
    const char* end = digits.data() + digits.size();
    const auto [at, error] = std::from_chars(digits.data(), end, rule.max_bytes);
    if (error == std::errc{} && at == end && !digits.empty()) return {};
  }
  return fail(Code::usage, fmt::format("'{}' is no part of a rule", part));
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
    return message.size() <= rule.max_bytes && message.size() >= rule.prefix.size() &&
           std::equal(rule.prefix.begin(), rule.prefix.end(), message.begin());
  });
}

}  // namespace tally::sign
