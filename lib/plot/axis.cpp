#include "plot/axis.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>

namespace tally::plot {

namespace {

struct Unit {
  double size;
  const char* name;
};
constexpr std::array<Unit, 4> kDurations = {{{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}}};
constexpr double kTiny = 1e-9;  // of a step: rounding at the ends of an axis

// The smallest of 1, 2, 5 times a power of ten that is at least `step`.
double nice_step(double step) {
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * power >= step * (1 - kTiny)) return factor * power;
  return 10 * power;
}

// Up to three digits, without zeros at the end.
std::string digits(double value) {
  return fmt::format("{:.3g}", value);
}

// The unit of a time axis: minutes and hours where seconds would have many digits.
Unit time_unit(double duration_ns) {
  constexpr double kSecond = 1e9;
  if (duration_ns >= 3 * 3600 * kSecond) return {3600 * kSecond, "h"};
  if (duration_ns >= 300 * kSecond) return {60 * kSecond, "min"};
  Unit unit = kDurations[0];
  for (const Unit& one : kDurations)
    if (duration_ns >= one.size) unit = one;
  return unit;
}

}  // namespace

std::string short_duration(double ns) {
  Unit unit = kDurations[0];
  for (const Unit& one : kDurations)
    if (ns >= one.size * (1 - kTiny)) unit = one;
  const double value = ns / unit.size;
  return (value >= 1000 ? fmt::format("{:.0f}", value) : digits(value)) + " " + unit.name;
}

std::string short_count(double count) {
  if (count >= 999.5e6) return fmt::format("{:.2g}G", count / 1e9);
  if (count >= 999.5e3) return digits(count / 1e6) + "M";
  if (count >= 9999.5) return digits(count / 1e3) + "k";
  return fmt::format("{:.0f}", count);
}

std::string spaced(std::size_t count) {
  const std::string digits_alone = std::to_string(count);
  std::string text;
  for (std::size_t i = 0; i < digits_alone.size(); ++i) {
    if (i != 0 && (digits_alone.size() - i) % 3 == 0) text += ' ';
    text += digits_alone[i];
  }
  return text;
}

std::vector<Tick> linear_ticks(double low, double high, std::size_t most) {
  std::vector<Tick> ticks;
  const double step = nice_step((high - low) / static_cast<double>(std::max<std::size_t>(1, most)));
  if (!(step > 0) || !std::isfinite(step)) return ticks;
  const double first = std::ceil(low / step - kTiny);
  for (double k = first; k * step <= high + step * kTiny && ticks.size() <= most; k += 1)
    ticks.push_back({k * step, fmt::format("{:.6g}", k == 0 ? 0.0 : k * step)});
  return ticks;
}

std::vector<Tick> latency_ticks(double low_ns, double high_ns, std::size_t most) {
  std::vector<Tick> ticks;
  std::size_t decades = 0;
  std::size_t all = 0;
  const double first = std::floor(std::log10(low_ns));
  for (double power = first; std::pow(10.0, power) <= high_ns; power += 1)
    for (const double factor : {1.0, 2.0, 5.0}) {
      const double value = factor * std::pow(10.0, power);
      if (value < low_ns * (1 - kTiny) || value > high_ns * (1 + kTiny)) continue;
      ticks.push_back({value, short_duration(value)});
      ++all;
      if (factor == 1.0) ++decades;
    }
  if (all < 2) {
    ticks = linear_ticks(low_ns, high_ns, std::min<std::size_t>(most, 5));
    for (Tick& tick : ticks) tick.label = short_duration(tick.value);
    return ticks;
  }
  if (all <= most || decades < 2) return ticks;
  // Powers of ten alone keep their labels, or every second of them.
  const bool every_second = decades > most;
  for (Tick& tick : ticks) {
    const double power = std::log10(tick.value);
    const bool decade = std::abs(power - std::round(power)) < kTiny;
    if (!decade || (every_second && std::fmod(std::round(power), 2) != 0)) tick.label.clear();
  }
  return ticks;
}

std::vector<Tick> time_ticks(double duration_ns, std::size_t most) {
  const Unit unit = time_unit(duration_ns);
  std::vector<Tick> ticks = linear_ticks(0, duration_ns / unit.size, most);
  for (Tick& tick : ticks) {
    if (tick.value > 0) tick.label += std::string(" ") + unit.name;
    tick.value *= unit.size;
  }
  return ticks;
}

}  // namespace tally::plot
