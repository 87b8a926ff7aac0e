// Reading JSON: a document parsed once into a plain tree of values that owns everything it holds,
// so that no caller sees the parser behind it. For configuration, plans, journals and test vectors.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.hpp"

namespace tally::json {

class Value {
 public:
  using Array = std::vector<Value>;
  using Object = std::map<std::string, Value, std::less<>>;
  using Variant = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double,
                               std::string, Array, Object>;

  Value() : content_(nullptr) {}
  explicit Value(Variant content) : content_(std::move(content)) {}

  [[nodiscard]] bool is_null() const { return std::holds_alternative<std::nullptr_t>(content_); }
  [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&content_); }
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&content_); }
  [[nodiscard]] const Array* as_array() const { return std::get_if<Array>(&content_); }
  [[nodiscard]] const Object* as_object() const { return std::get_if<Object>(&content_); }

  // Member of an object, or null when this is no object or has no such member.
  [[nodiscard]] const Value* find(std::string_view name) const;

  // Member NAME with a stated type. Errors: bad_data, naming the member and what it should be.
  [[nodiscard]] Result<std::string> string_at(std::string_view name) const;
  [[nodiscard]] Result<std::int64_t> int_at(std::string_view name) const;
  [[nodiscard]] Result<double> number_at(std::string_view name) const;
  [[nodiscard]] Result<bool> bool_at(std::string_view name) const;
  [[nodiscard]] Result<const Array*> array_at(std::string_view name) const;
  [[nodiscard]] Result<const Object*> object_at(std::string_view name) const;

  [[nodiscard]] const Variant& content() const { return content_; }

 private:
  Variant content_;
};

// Parses one document. Errors: bad_data with the parser's words, for nesting of more than 64 levels
// of objects and lists, and for a name that stands twice in an object.
[[nodiscard]] Result<Value> parse(std::string_view text);

}  // namespace tally::json
