#include "core/units.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>

namespace tally::core {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array<Unit, 6> kTimeUnits{{{"ns", 1},
                                          {"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"s", 1'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"h", 3'600'000'000'000}}};
constexpr std::array<Unit, 8> kSizeUnits{{{"", 1},
                                          {"B", 1},
                                          {"KiB", 1ULL << 10U},
                                          {"MiB", 1ULL << 20U},
                                          {"GiB", 1ULL << 30U},
                                          {"kB", 1'000},
                                          {"MB", 1'000'000},
                                          {"GB", 1'000'000'000}}};
constexpr std::size_t kMaxDecimals = 9;
constexpr std::uint64_t kBillion = 1'000'000'000;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The digits at the front of `text`, which is moved past them. False when there are none or the
// number does not fit.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

// ".25" at the front of `text` in billionths. False when there are no digits, or too many.
bool take_decimals(std::string_view& text, std::uint64_t& billionths) {
  text.remove_prefix(1);
  std::size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) {
    billionths = billionths * 10 + static_cast<std::uint64_t>(text[digits] - '0');
    if (++digits > kMaxDecimals) return false;
  }
  text.remove_prefix(digits);
  for (std::size_t i = digits; i < kMaxDecimals; ++i) billionths *= 10;
  return digits > 0;
}

tl::unexpected<Error> no_duration(std::string_view text) {
  return fail(Code::usage, fmt::format("'{}' is not a duration", text),
              "durations look like 250us, 3ms, 1.5s, 10m");
}

tl::unexpected<Error> no_size(std::string_view text) {
  return fail(Code::usage, fmt::format("'{}' is not a size", text),
              "sizes look like 4096, 64KiB, 2MiB");
}

}  // namespace

Result<std::uint64_t> parse_count(std::string_view text, std::uint64_t min, std::uint64_t max) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  if (!take_number(rest, number) || !rest.empty() || number < min || number > max) {
    return fail(Code::usage,
                fmt::format("'{}' is not a whole number from {} to {}", text, min, max));
  }
  return number;
}

Result<std::uint64_t> parse_duration_ns(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t whole = 0;
  std::uint64_t billionths = 0;
  if (!take_number(rest, whole)) return no_duration(text);
  if (!rest.empty() && rest[0] == '.' && !take_decimals(rest, billionths)) return no_duration(text);
  if (rest.empty() && whole == 0 && billionths == 0) return std::uint64_t{0};
  for (const Unit& unit : kTimeUnits) {
    if (unit.name != rest) continue;
    // Units from a second up are whole billions, which keeps the product below 64 bits.
    const std::uint64_t part = unit.factor >= kBillion ? billionths * (unit.factor / kBillion)
                                                       : billionths * unit.factor / kBillion;
    std::uint64_t ns = 0;
    if (__builtin_mul_overflow(whole, unit.factor, &ns)) return no_duration(text);
    if (__builtin_add_overflow(ns, part, &ns)) return no_duration(text);
    return ns;
  }
  return no_duration(text);
}

Result<std::uint64_t> parse_size_bytes(std::string_view text) {
  std::string_view rest = text;
  std::uint64_t number = 0;
  if (!take_number(rest, number)) return no_size(text);
  for (const Unit& unit : kSizeUnits) {
    if (unit.name != rest) continue;
    std::uint64_t bytes = 0;
    if (__builtin_mul_overflow(number, unit.factor, &bytes)) return no_size(text);
    return bytes;
  }
  return no_size(text);
}

std::string format_duration(std::uint64_t ns) {
  if (ns < 1'000) return fmt::format("{} ns", ns);
  struct Scale {
    double ns;
    const char* name;
  };
  static constexpr std::array<Scale, 3> kScales{{{1e3, "us"}, {1e6, "ms"}, {1e9, "s"}}};
  const auto value = static_cast<double>(ns);
  for (const Scale& scale : kScales) {
    const double scaled = value / scale.ns;
    // 999.5 and up would round to 1000 of this unit; the next one says it better.
    if (scaled >= 999.5 && scale.ns < 1e9) continue;
    const int decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}", scaled, decimals, scale.name);
  }
  return {};
}

}  // namespace tally::core
