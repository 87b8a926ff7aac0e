#include "bench/kernel_text.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <utility>

namespace tally::bench {

namespace {

template <typename T>
bool parse_number(std::string_view text, T& value, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc{} && end == text.data() + text.size();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::vector<int> parse_cpu_names(const std::string& line) {
  std::vector<int> cpus;
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    int cpu = 0;
    if (!word.starts_with("CPU") || !parse_number(std::string_view(word).substr(3), cpu)) return {};
    cpus.push_back(cpu);
  }
  return cpus;
}

std::optional<CountedLine> parse_count_line(const std::string& text, const std::vector<int>& cpus) {
  std::istringstream words(text);
  CountedLine line;
  if (!(words >> line.name) || !line.name.ends_with(':')) return std::nullopt;
  line.name.pop_back();
  for (const int cpu : cpus) {
    std::string word;
    std::uint64_t count = 0;
    if (!(words >> word) || !parse_number(word, count)) return std::nullopt;
    line.by_cpu[cpu] = count;
  }
  for (std::string word; words >> word;) line.what += (line.what.empty() ? "" : " ") + word;
  return line;
}

}  // namespace

std::optional<std::vector<CountedLine>> parse_count_table(const std::string& text) {
  std::istringstream lines(text);
  std::string line;
  if (!std::getline(lines, line)) return std::nullopt;
  const std::vector<int> cpus = parse_cpu_names(line);
  if (cpus.empty()) return std::nullopt;
  std::vector<CountedLine> table;
  while (std::getline(lines, line))
    if (auto counted = parse_count_line(line, cpus)) table.push_back(std::move(*counted));
  return table;
}

// "cpu0 user nice system idle iowait irq softirq steal ...".
std::map<int, std::uint64_t> parse_steal_ticks(const std::string& text) {
  constexpr int kStealColumn = 8;
  std::map<int, std::uint64_t> steal;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    int cpu = 0;
    if (!(words >> word) || !word.starts_with("cpu") ||
        !parse_number(std::string_view(word).substr(3), cpu))
      continue;
    std::uint64_t ticks = 0;
    int column = 0;
    while (column < kStealColumn && words >> word && parse_number(word, ticks)) ++column;
    if (column == kStealColumn) steal[cpu] = ticks;
  }
  return steal;
}

std::optional<std::uint64_t> parse_run_delay_ns(std::string_view text) {
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(blank + 1);
  std::uint64_t delay_ns = 0;
  if (!parse_number(rest.substr(0, rest.find_first_of(" \n")), delay_ns)) return std::nullopt;
  return delay_ns;
}

std::string cpuinfo_value(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const auto colon = line.find(':');
    if (colon != std::string_view::npos && trimmed(line.substr(0, colon)) == name)
      return std::string(trimmed(line.substr(colon + 1)));
  }
  return {};
}

std::optional<std::uint64_t> parse_event_config(std::string_view text) {
  std::uint64_t config = 0;
  while (!text.empty()) {
    const std::string_view term = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), term.size() + 1));
    const auto equals = term.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = term.substr(0, equals);
    if (key != "event" && key != "umask") return std::nullopt;
    std::string_view digits = term.substr(equals + 1);
    const bool hexadecimal = digits.starts_with("0x");
    if (hexadecimal) digits.remove_prefix(2);
    std::uint8_t value = 0;  // of either key
    if (!parse_number(digits, value, hexadecimal ? 16 : 10)) return std::nullopt;
    config |= std::uint64_t{value} << (key == "umask" ? 8U : 0U);
  }
  return config;
}

}  // namespace tally::bench
