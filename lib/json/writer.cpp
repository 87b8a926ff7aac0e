#include "json/writer.hpp"

#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace tally::json {
namespace {

void append_escaped(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20U) {
          fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

}  // namespace

void Writer::separate() {
  if (need_comma_) text_.push_back(',');
  need_comma_ = true;
}

Writer& Writer::begin_object() {
  separate();
  text_.push_back('{');
  need_comma_ = false;
  return *this;
}
Writer& Writer::end_object() {
  text_.push_back('}');
  need_comma_ = true;
  return *this;
}
Writer& Writer::begin_array() {
  separate();
  text_.push_back('[');
  need_comma_ = false;
  return *this;
}
Writer& Writer::end_array() {
  text_.push_back(']');
  need_comma_ = true;
  return *this;
}

Writer& Writer::key(std::string_view name) {
  separate();
  append_escaped(text_, name);
  text_.push_back(':');
  need_comma_ = false;
  return *this;
}

Writer& Writer::value(std::string_view text) {
  separate();
  append_escaped(text_, text);
  return *this;
}
Writer& Writer::value(bool truth) {
  separate();
  text_ += truth ? "true" : "false";
  return *this;
}
Writer& Writer::value(double number) {
  if (!std::isfinite(number)) return null();
  separate();
  // "-0" would be read back as the integer 0.
  if (number == 0 && std::signbit(number)) {
    text_ += "-0.0";
  } else {
    fmt::format_to(std::back_inserter(text_), "{}", number);
  }
  return *this;
}
Writer& Writer::signed_value(std::int64_t number) {
  separate();
  fmt::format_to(std::back_inserter(text_), "{}", number);
  return *this;
}
Writer& Writer::unsigned_value(std::uint64_t number) {
  separate();
  fmt::format_to(std::back_inserter(text_), "{}", number);
  return *this;
}
Writer& Writer::null() {
  separate();
  text_ += "null";
  return *this;
}

}  // namespace tally::json
