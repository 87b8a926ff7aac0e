#include "plot/page.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "core/version.hpp"
#include "plot/svg.hpp"

namespace tally::plot {

namespace {

constexpr std::string_view kStyle =
    ":root{color-scheme:light dark}"
    "body{margin:24px auto;max-width:1000px;padding:0 16px;font:14px/1.5 system-ui,sans-serif;"
    "background:#fff;color:#1b1f24}"
    "figure{margin:0 0 24px}svg{max-width:100%;height:auto;display:block}"
    "output{display:block;min-height:1.5em;font-variant-numeric:tabular-nums}"
    "table{border-collapse:collapse;margin:0 0 24px;font-variant-numeric:tabular-nums}"
    "caption{text-align:left;font-weight:600;padding:4px 0}"
    "th,td{text-align:right;padding:3px 14px 3px 0;border-bottom:1px solid #d8dee4}"
    "th:first-child,td:first-child{text-align:left}"
    ".scroll{overflow-x:auto}.read{outline-offset:2px}footer{color:#57606a;font-size:12px}"
    "@media (prefers-color-scheme:dark){body{background:#14161a;color:#e6e9ee}"
    "th,td{border-color:#2b3038}footer{color:#9aa4b2}}";

}  // namespace

std::string table_html(const Table& table) {
  std::string html = fmt::format("<div class=\"scroll\"><table><caption>{}</caption><thead><tr>",
                                 escaped(table.caption));
  for (const std::string& cell : table.head)
    html += fmt::format("<th scope=\"col\">{}</th>", escaped(cell));
  html += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    html += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i)
      html += i == 0 ? fmt::format("<th scope=\"row\">{}</th>", escaped(row[i]))
                     : fmt::format("<td>{}</td>", escaped(row[i]));
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

std::string table_text(const Table& table) {
  std::vector<std::size_t> widths;
  const auto measure = [&](const std::vector<std::string>& row) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  };
  measure(table.head);
  for (const auto& row : table.rows) measure(row);
  std::string text;
  const auto line = [&](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i)
      text += i == 0 ? fmt::format("{:<{}}", row[i], widths[i])
                     : fmt::format("  {:>{}}", row[i], widths[i]);
    text += '\n';
  };
  line(table.head);
  for (const auto& row : table.rows) line(row);
  return text;
}

std::string figure_html(std::string_view svg, std::string_view below) {
  return fmt::format("<figure>\n{}{}</figure>\n", svg, below);
}

std::string page_html(std::string_view title, std::string_view body, std::string_view script) {
  std::string html = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}"
      "<footer>tally-bench {}</footer>\n",
      escaped(title), kStyle, body, core::kVersion);
  if (!script.empty()) html += fmt::format("<script>\n{}</script>\n", script);
  return html + "</body>\n</html>\n";
}

}  // namespace tally::plot
