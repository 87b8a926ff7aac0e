// JSON text, escaped, in the order the calls come. One line per document; no floats with an
// exponent surprise: integers stay integers, doubles print in the shortest form that reads back the
// same. One thread; grows its string.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace tally::json {

class Writer {
 public:
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& key(std::string_view name);

  Writer& value(std::string_view text);
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(bool truth);
  Writer& value(double number);  // null when it is not finite
  template <std::integral T>
  Writer& value(T number) {
    if constexpr (std::signed_integral<T>)
      return signed_value(static_cast<std::int64_t>(number));
    else
      return unsigned_value(static_cast<std::uint64_t>(number));
  }
  Writer& null();

  // key(name).value(v) in one call.
  template <typename T>
  Writer& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }

  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] std::string take() { return std::move(text_); }
  // Begins anew and keeps the memory.
  void clear() {
    text_.clear();
    need_comma_ = false;
  }

 private:
  Writer& signed_value(std::int64_t number);
  Writer& unsigned_value(std::uint64_t number);
  void separate();

  std::string text_;
  bool need_comma_ = false;
};

}  // namespace tally::json
