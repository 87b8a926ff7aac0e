#include "cli/units.hpp"

#include <array>
#include <fmt/format.h>
#include <span>

#include "core/units.hpp"

namespace tally::cli {
namespace {

struct Unit {
  const char* name;
  std::uint64_t factor;
};

// Minutes and hours are read but not written: 90s says more than 1.5m.
constexpr std::array<Unit, 4> kTimes{
    {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}}};
constexpr std::array<Unit, 4> kSizes{
    {{"", 1}, {"KiB", 1U << 10U}, {"MiB", 1U << 20U}, {"GiB", 1U << 30U}}};

std::string spell(std::uint64_t value, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const auto& unit : units) {
    if (value % unit.factor == 0) best = &unit;
  }
  return fmt::format("{}{}", value / best->factor, best->name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  return core::parse_duration_ns(text).map([](std::uint64_t ns) { return Duration{ns}; });
}

Result<ByteSize> parse_size(std::string_view text) {
  return core::parse_size_bytes(text).map([](std::uint64_t bytes) { return ByteSize{bytes}; });
}

std::string to_text(Duration duration) {
  return spell(duration.ns, kTimes);
}

std::string to_text(ByteSize size) {
  return size.bytes == 0 ? "0" : spell(size.bytes, kSizes);
}

}  // namespace tally::cli
