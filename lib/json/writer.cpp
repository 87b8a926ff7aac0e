#include "json/writer.hpp"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <iterator>

namespace tally::json {
namespace {

bool stands_as_it_is(char c) {
  return c != '"' && c != '\\' && static_cast<unsigned char>(c) >= 0x20U;
}

void append_escape(std::string& out, char c) {
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
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

// What needs no escape goes over in one piece: most text is nothing else.
void append_escaped(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const auto stop = std::find_if_not(text.begin(), text.end(), stands_as_it_is);
    const auto count = static_cast<std::size_t>(stop - text.begin());
    out += text.substr(0, count);
    text.remove_prefix(count);
    if (text.empty()) break;
    append_escape(out, text.front());
    text.remove_prefix(1);
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
