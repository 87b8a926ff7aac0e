#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

#include "plot/axis.hpp"
#include "plot/heat.hpp"
#include "plot/page.hpp"
#include "plot/svg.hpp"

namespace tally::plot {

namespace {

constexpr std::size_t kSlowest = 10;  // cells in the table

// The cell under the pointer, or the one that the arrow keys have moved to, in words.
constexpr std::string_view kScript = R"JS('use strict';
(() => {
  const heat = JSON.parse(document.getElementById('cells').textContent);
  const figure = document.querySelector('.read');
  const image = figure.querySelector('svg');
  const words = document.querySelector('output');
  const area = {x: 78, y: 62, width: 764, height: 384};
  const cursor = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  cursor.setAttribute('class', 'q');
  cursor.setAttribute('visibility', 'hidden');
  image.append(cursor);
  const time = ns => {
    for (const [size, unit] of [[1e9, 's'], [1e6, 'ms'], [1e3, 'us']])
      if (ns >= size) return `${+(ns / size).toPrecision(4)} ${unit}`;
    return `${+ns.toPrecision(4)} ns`;
  };
  let at = {x: 0, band: 0};
  const show = () => {
    const {x, band} = at;
    const width = area.width / heat.width, height = area.height / heat.bands;
    for (const [name, value] of [['x', area.x + x * width], ['width', width],
        ['y', area.y + (heat.bands - 1 - band) * height], ['height', height],
        ['visibility', 'visible']]) cursor.setAttribute(name, value);
    const value = heat.cells[band][x];
    const what = value === null ? 'no value'
        : heat.difference
        ? `${Math.abs(value).toFixed(1)} standard errors ${value < 0 ? 'fewer' : 'more'}`
        : `${+value.toFixed(2)} value${value === 1 ? '' : 's'}`;
    words.textContent = `${time(x * heat.column_ns)} to ${time((x + 1) * heat.column_ns)}, ` +
        `${time(heat.edges[band])} to ${time(heat.edges[band + 1])}: ${what}`;
  };
  image.addEventListener('pointermove', event => {
    const box = image.getBoundingClientRect();
    const scale = image.viewBox.baseVal.width / box.width;
    const x = Math.floor(((event.clientX - box.left) * scale - area.x) / area.width * heat.width);
    const down = (event.clientY - box.top) * scale - area.y;
    const line = Math.floor(down / area.height * heat.bands);
    if (x < 0 || x >= heat.width || line < 0 || line >= heat.bands) return;
    at = {x, band: heat.bands - 1 - line};
    show();
  });
  figure.addEventListener('keydown', event => {
    const steps = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
    const step = steps[event.key];
    if (!step) return;
    event.preventDefault();
    at = {x: Math.min(heat.width - 1, Math.max(0, at.x + step[0])),
          band: Math.min(heat.bands - 1, Math.max(0, at.band + step[1]))};
    show();
  });
})();
)JS";

std::string time_span(const Heat& heat, std::size_t x) {
  const double begin_ns = heat.column_ns * static_cast<double>(x);
  return (x == 0 ? "0" : short_duration(begin_ns)) + " to " +
         short_duration(begin_ns + heat.column_ns);
}
std::string latency_span(const Heat& heat, std::size_t band) {
  return format_duration(heat.low_ns(band)) + " to " + format_duration(heat.low_ns(band + 1));
}

Table slowest_cells(const Heat& heat) {
  Table table{"The slowest cells", {"time", "latency", "values"}, {}};
  for (std::size_t band = heat.bands; band-- > 0;)
    for (std::size_t x = 0; x < heat.width && table.rows.size() < kSlowest; ++x) {
      if (heat.level(band, x) == Heat::kEmpty) continue;
      table.rows.push_back({time_span(heat, x), latency_span(heat, band),
                            short_count(heat.values[band * heat.width + x])});
    }
  return table;
}

// Of a difference: the cells that differ most.
Table largest_differences(const Heat& heat) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < heat.levels.size(); ++i)
    if (heat.levels[i] != Heat::kEmpty && heat.levels[i] != 0) order.push_back(i);
  const std::size_t shown = std::min(kSlowest, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                    [&](std::size_t a, std::size_t b) {
                      const double left = std::abs(heat.values[a]);
                      const double right = std::abs(heat.values[b]);
                      return left != right ? left > right : a < b;
                    });
  order.resize(shown);
  Table table{"The cells that differ most", {"time", "latency", "standard errors"}, {}};
  for (const std::size_t i : order)
    table.rows.push_back({time_span(heat, i % heat.width), latency_span(heat, i / heat.width),
                          fmt::format("{:+.1f}", heat.values[i])});
  return table;
}

}  // namespace

// Written here and not by json::Writer, which this module does not stand on; all but the title are
// numbers.
std::string heat_json(const Heat& heat) {
  std::string title;
  for (const char c : heat.words.title) {
    if (c == '"' || c == '\\') title += '\\';
    title += (static_cast<unsigned char>(c) < 0x20 || c == '<') ? '?' : c;
  }
  std::string json = fmt::format(
      "{{\"schema\":\"tally.bench.heatmap/1\",\"title\":\"{}\",\"difference\":{},\"width\":{},"
      "\"bands\":{},\"column_ns\":{},\"edges\":[",
      title, heat.difference, heat.width, heat.bands, number(heat.column_ns));
  for (std::size_t band = 0; band <= heat.bands; ++band)
    fmt::format_to(std::back_inserter(json), "{}{}", band == 0 ? "" : ",", heat.low_ns(band));
  json += "],\"cells\":[";
  for (std::size_t band = 0; band < heat.bands; ++band) {
    json += band == 0 ? "[" : ",[";
    for (std::size_t x = 0; x < heat.width; ++x) {
      const bool empty = heat.level(band, x) == Heat::kEmpty;
      fmt::format_to(std::back_inserter(json), "{}{}", x == 0 ? "" : ",",
                     empty ? "null" : number(heat.values[band * heat.width + x]));
    }
    json += ']';
  }
  return json + "]}";
}

std::string heat_html(const Heat& heat, std::string_view table) {
  std::string body =
      "<div class=\"read\" tabindex=\"0\" aria-label=\"heatmap; the arrow keys move "
      "from cell to cell\">\n";
  body += figure_html(heat_svg(heat),
                      "<output>point at a cell, or move with the arrow keys</output>\n");
  body += "</div>\n";
  body += table;
  body += table_html(heat.difference ? largest_differences(heat) : slowest_cells(heat));
  body += "<script type=\"application/json\" id=\"cells\">" + heat_json(heat) + "</script>\n";
  return page_html(heat.words.title, body, kScript);
}

}  // namespace tally::plot
