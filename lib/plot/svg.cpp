#include "plot/svg.hpp"

#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace tally::plot {

namespace {

constexpr std::string_view kRules =
    "text{font:12px system-ui,sans-serif}.b{fill:#fff}.t{fill:#1b1f24}.m{fill:#57606a}"
    ".h{fill:#1b1f24;font-size:16px;font-weight:600}.g{stroke:#d8dee4}.a{stroke:#57606a}"
    "@media (prefers-color-scheme:dark){.b{fill:#14161a}.t,.h{fill:#e6e9ee}.m{fill:#9aa4b2}"
    ".g{stroke:#2b3038}.a{stroke:#9aa4b2}}";

const char* anchor_name(Anchor anchor) {
  switch (anchor) {
    case Anchor::start:
      return "start";
    case Anchor::middle:
      return "middle";
    case Anchor::end:
      return "end";
  }
  return "start";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') ? '?' : c;
    }
  }
  return out;
}

std::string number(double value) {
  std::string text = fmt::format("{:.2f}", value);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  return text == "-0" ? "0" : text;
}

double text_width(std::string_view text, double size_px) {
  constexpr double kMeanLetter = 0.56;  // of its height, in the usual sans-serif faces
  return static_cast<double>(text.size()) * kMeanLetter * size_px;
}

Svg::Svg(double width, double height, std::string_view title, std::string_view description,
         std::string_view rules) {
  fmt::format_to(std::back_inserter(out_),
                 "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" "
                 "height=\"{1}\" role=\"img\">\n<title>{2}</title>\n<desc>{3}</desc>\n"
                 "<style>{4}{5}</style>\n",
                 number(width), number(height), escaped(title), escaped(description), kRules,
                 rules);
  rect(0, 0, width, height, "b");
}

Svg& Svg::rect(double x, double y, double width, double height, std::string_view classes) {
  fmt::format_to(std::back_inserter(out_),
                 "<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/>\n", classes,
                 number(x), number(y), number(width), number(height));
  return *this;
}

Svg& Svg::line(double x1, double y1, double x2, double y2, std::string_view classes) {
  fmt::format_to(std::back_inserter(out_),
                 "<line class=\"{}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>\n", classes,
                 number(x1), number(y1), number(x2), number(y2));
  return *this;
}

Svg& Svg::circle(double x, double y, double radius, std::string_view classes) {
  fmt::format_to(std::back_inserter(out_), "<circle class=\"{}\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n",
                 classes, number(x), number(y), number(radius));
  return *this;
}

Svg& Svg::text(double x, double y, Anchor anchor, std::string_view classes,
               std::string_view words) {
  fmt::format_to(std::back_inserter(out_),
                 "<text class=\"{}\" x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n", classes,
                 number(x), number(y), anchor_name(anchor), escaped(words));
  return *this;
}

Svg& Svg::side_text(double x, double y, std::string_view classes, std::string_view words) {
  fmt::format_to(std::back_inserter(out_),
                 "<text class=\"{}\" text-anchor=\"middle\" transform=\"translate({},{}) "
                 "rotate(-90)\">{}</text>\n",
                 classes, number(x), number(y), escaped(words));
  return *this;
}

Svg& Svg::path(std::string_view data, std::string_view classes, std::string_view transform) {
  fmt::format_to(std::back_inserter(out_), "<path class=\"{}\" d=\"{}\"", classes, data);
  if (!transform.empty()) fmt::format_to(std::back_inserter(out_), " transform=\"{}\"", transform);
  out_ += "/>\n";
  return *this;
}

Svg& Svg::raw(std::string_view markup) {
  out_ += markup;
  return *this;
}

std::string Svg::take() {
  out_ += "</svg>\n";
  return std::move(out_);
}

}  // namespace tally::plot
