#include "tune/cmdline.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "tune/text.hpp"

namespace tally::tune {
namespace {

constexpr std::array<std::string_view, 5> kOwnKeys = {"isolcpus", "nohz_full", "rcu_nocbs",
                                                      "irqaffinity", "hugepagesz=1G"};

std::vector<std::string> split_outside_quotes(std::string_view text) {
  std::vector<std::string> tokens;
  std::string token;
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == ' ' || c == '\t' || c == '\n')) {
      if (!token.empty()) tokens.push_back(std::move(token));
      token.clear();
    } else {
      token += c;
    }
  }
  if (!token.empty()) tokens.push_back(std::move(token));
  return tokens;
}

std::string key_of(std::string_view token) {
  std::string key(token.substr(0, token.find('=')));
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

}  // namespace

std::vector<Parameter> parse_cmdline(std::string_view text) {
  std::vector<Parameter> parameters;
  std::string size;  // the last hugepagesz= token, waiting for its hugepages=
  for (const std::string& token : split_outside_quotes(text)) {
    if (token == "--") break;
    const std::string key = key_of(token);
    if (key == "hugepagesz") {
      size = token;
    } else if (key == "hugepages" && !size.empty()) {
      const std::string pair = fmt::format("{} {}", size, token);
      parameters.push_back({size, pair});
      size.clear();
    } else {
      parameters.push_back({key, token});
    }
  }
  return parameters;
}

Status check_own_parameter(std::string_view token) {
  const bool plain = std::all_of(token.begin(), token.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_.,:=- ").find(c) != std::string_view::npos;
  });
  const auto parameters = parse_cmdline(token);
  if (!parameters.empty() && parameters.front().key == "mitigations") {
    return fail(Code::configuration, "the mitigations of processor bugs are never turned off here",
                "that is a decision about security, not about latency");
  }
  if (!plain || parameters.size() != 1 || parameters.front().token != token ||
      std::find(kOwnKeys.begin(), kOwnKeys.end(), parameters.front().key) == kOwnKeys.end()) {
    return fail(
        Code::configuration,
        fmt::format("'{}' is not a kernel parameter that tally-tune sets", printable(token)),
        "make the plan with: tally-tune plan --out FILE");
  }
  return {};
}

}  // namespace tally::tune
