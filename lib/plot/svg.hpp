// Writing an SVG image: a page of stated size with title and description for those who do not see
// it, colours that follow the reader's light or dark page, and no reference to anything outside.
// One thread; grows its string.
#pragma once

#include <string>
#include <string_view>

namespace tally::plot {

// Text and attribute values of XML and HTML. Characters that XML does not allow become "?".
[[nodiscard]] std::string escaped(std::string_view text);

// At most two decimals, without zeros at the end.
[[nodiscard]] std::string number(double value);

// How wide a text of 12 px letters is, about: nothing here can measure it.
[[nodiscard]] double text_width(std::string_view text, double size_px = 12);

enum class Anchor { start, middle, end };

class Svg {
 public:
  // Classes known to every image: "t" text, "m" muted text, "h" the heading, "g" grid lines, "a"
  // axes. `rules` are further style rules.
  Svg(double width, double height, std::string_view title, std::string_view description,
      std::string_view rules);

  Svg& rect(double x, double y, double width, double height, std::string_view classes);
  Svg& line(double x1, double y1, double x2, double y2, std::string_view classes);
  Svg& circle(double x, double y, double radius, std::string_view classes);
  Svg& text(double x, double y, Anchor anchor, std::string_view classes, std::string_view words);
  // `data` as the path attribute d has it; `transform` may be empty.
  Svg& path(std::string_view data, std::string_view classes, std::string_view transform = {});
  // Text turned a quarter, read upwards.
  Svg& side_text(double x, double y, std::string_view classes, std::string_view words);
  Svg& raw(std::string_view markup);

  [[nodiscard]] std::string take();

 private:
  std::string out_;
};

}  // namespace tally::plot
