#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

#include "plot/axis.hpp"
#include "plot/page.hpp"
#include "plot/terminal.hpp"

namespace tally::plot {

std::string format_duration(std::uint64_t duration_ns) {
  struct Unit {
    double ns;
    const char* name;
  };
  constexpr std::array<Unit, 3> kUnits = {{{1e3, "us"}, {1e6, "ms"}, {1e9, "s"}}};
  if (duration_ns < 1000) return fmt::format("{} ns", duration_ns);
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const double value = static_cast<double>(duration_ns) / kUnits[i].ns;
    const bool last = i + 1 == kUnits.size();
    if (value >= 999.5 && !last) continue;  // would be rounded to 1000
    const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
    return fmt::format("{:.{}f} {}", value, decimals, kUnits[i].name);
  }
  return {};
}

PercentileRow percentile_row(std::string name, const hist::Histogram& histogram) {
  PercentileRow row;
  row.name = std::move(name);
  row.count = histogram.count();
  if (row.count == 0) return row;
  row.p50_ns = histogram.quantile(0.5);
  row.p99_ns = histogram.quantile(0.99);
  row.p999_ns = histogram.quantile(0.999);
  if (hist::enough_beyond(0.9999, row.count)) row.p9999_ns = histogram.quantile(0.9999);
  row.max_ns = histogram.max();
  return row;
}

namespace {

std::string cell(const std::optional<std::uint64_t>& value_ns, double q, std::uint64_t count) {
  if (!value_ns) return "-";
  const bool thin = q < 1.0 && !hist::enough_beyond(q, count);
  return (thin ? "~" : "") + format_duration(*value_ns);
}

}  // namespace

std::string percentile_table(std::span<const PercentileRow> rows) {
  constexpr std::size_t kColumnWidth = 10;
  std::size_t name_width = 4;
  std::size_t count_width = 5;
  for (const PercentileRow& row : rows) {
    name_width = std::max(name_width, row.name.size());
    count_width = std::max(count_width, fmt::formatted_size("{}", row.count));
  }
  std::string text;
  const auto line = [&](const auto& name, const auto& count, const auto&... cells) {
    fmt::format_to(std::back_inserter(text), "{:<{}}  {:>{}}", name, name_width, count,
                   count_width);
    (fmt::format_to(std::back_inserter(text), "  {:>{}}", cells, kColumnWidth), ...);
    text += '\n';
  };
  line("", "count", "p50", "p99", "p99.9", "p99.99", "max");
  for (const PercentileRow& row : rows)
    line(row.name, row.count, cell(row.p50_ns, 0.5, row.count), cell(row.p99_ns, 0.99, row.count),
         cell(row.p999_ns, 0.999, row.count), cell(row.p9999_ns, 0.9999, row.count),
         cell(row.max_ns, 1.0, row.count));
  return text;
}

std::string percentile_table_html(std::span<const PercentileRow> rows) {
  Table table{"Percentiles", {"", "count", "p50", "p99", "p99.9", "p99.99", "max"}, {}};
  for (const PercentileRow& row : rows)
    table.rows.push_back({row.name, spaced(row.count), cell(row.p50_ns, 0.5, row.count),
                          cell(row.p99_ns, 0.99, row.count), cell(row.p999_ns, 0.999, row.count),
                          cell(row.p9999_ns, 0.9999, row.count), cell(row.max_ns, 1.0, row.count)});
  return table_html(table);
}

}  // namespace tally::plot
