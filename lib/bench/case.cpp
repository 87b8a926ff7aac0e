#include "bench/case.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fnmatch.h>

namespace tally::bench {

namespace {

bool allowed_in_pattern(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view(".*?[]!-_").find(c) != std::string_view::npos;
}

bool matches(const std::string& pattern, const std::string& name) {
  if (pattern.empty() || name == pattern) return true;
  if (name.size() > pattern.size() && name.compare(0, pattern.size(), pattern) == 0 &&
      name[pattern.size()] == '.')
    return true;
  return ::fnmatch(pattern.c_str(), name.c_str(), FNM_NOESCAPE) == 0;
}

auto position_of(std::vector<Case>& cases, std::string_view name) {
  return std::lower_bound(cases.begin(), cases.end(), name,
                          [](const Case& a, std::string_view b) { return a.name < b; });
}

}  // namespace

void Registry::add(Case definition) {
  const auto position = position_of(cases_, definition.name);
  cases_.insert(position, std::move(definition));
}

bool Registry::add_peer(std::string_view case_name, Peer peer) {
  const auto position = position_of(cases_, case_name);
  if (position == cases_.end() || position->name != case_name) return false;
  position->peers.push_back(std::move(peer));
  return true;
}

Result<std::vector<const Case*>> Registry::select(const std::string& pattern) const {
  const auto odd = std::find_if_not(pattern.begin(), pattern.end(), allowed_in_pattern);
  if (odd != pattern.end())
    return fail(Code::usage,
                fmt::format("pattern '{}' holds a character that no case name has", pattern),
                "a pattern is a case, a prefix that ends before a dot, or a glob");
  std::vector<const Case*> selected;
  for (const Case& definition : cases_)
    if (matches(pattern, definition.name)) selected.push_back(&definition);
  if (selected.empty())
    return fail(Code::no_input, fmt::format("no case matches '{}'", pattern),
                "tally-bench list shows all cases");
  return selected;
}

}  // namespace tally::bench
