#include "json/value.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include "json/simdjson_parser.hpp"

namespace tally::json {
namespace {

// As deep as parse_bounded() lets documents be.
Result<Value> convert(const simdjson::dom::element& element) {
  using Type = simdjson::dom::element_type;
  switch (element.type()) {
    case Type::NULL_VALUE:
      return Value();
    case Type::BOOL:
      return Value(bool{element.get_bool().value_unsafe()});
    case Type::INT64:
      return Value(std::int64_t{element.get_int64().value_unsafe()});
    case Type::UINT64:
      return Value(std::uint64_t{element.get_uint64().value_unsafe()});
    case Type::DOUBLE:
      return Value(double{element.get_double().value_unsafe()});
    case Type::STRING:
      return Value(std::string(element.get_string().value_unsafe()));
    case Type::ARRAY: {
      Value::Array items;
      const simdjson::dom::array children = element.get_array().value_unsafe();
      for (const auto child : children) {
        TALLY_TRY(Value item, convert(child));
        items.push_back(std::move(item));
      }
      return Value(std::move(items));
    }
    case Type::OBJECT: {
      Value::Object members;
      const simdjson::dom::object pairs = element.get_object().value_unsafe();
      for (const auto member : pairs) {
        TALLY_TRY(Value item, convert(member.value));
        if (!members.emplace(std::string(member.key), std::move(item)).second) {
          return stands_twice(member.key);
        }
      }
      return Value(std::move(members));
    }
  }
  return fail(Code::internal, "unknown JSON type");
}

template <typename T>
Result<T> wrong_type(std::string_view name, const char* expected, const Value* found) {
  if (found == nullptr) return fail(Code::bad_data, fmt::format("member '{}' is missing", name));
  return fail(Code::bad_data, fmt::format("member '{}' is not {}", name, expected));
}

template <typename T>
Result<T> get_at(const Value& object, std::string_view name, const char* expected) {
  const Value* found = object.find(name);
  if (found != nullptr) {
    if (const T* content = std::get_if<T>(&found->content())) return *content;
  }
  return wrong_type<T>(name, expected, found);
}

template <typename T>
Result<const T*> pointer_at(const Value& object, std::string_view name, const char* expected) {
  const Value* found = object.find(name);
  if (found != nullptr) {
    if (const T* content = std::get_if<T>(&found->content())) return content;
  }
  return wrong_type<const T*>(name, expected, found);
}

}  // namespace

const Value* Value::find(std::string_view name) const {
  const Object* members = as_object();
  if (members == nullptr) return nullptr;
  const auto at = members->find(name);
  return at == members->end() ? nullptr : &at->second;
}

Result<std::string> Value::string_at(std::string_view name) const {
  return get_at<std::string>(*this, name, "a string");
}
Result<std::int64_t> Value::int_at(std::string_view name) const {
  return get_at<std::int64_t>(*this, name, "an integer");
}
Result<bool> Value::bool_at(std::string_view name) const {
  return get_at<bool>(*this, name, "true or false");
}
Result<double> Value::number_at(std::string_view name) const {
  const Value* found = find(name);
  if (found != nullptr) {
    if (const auto* number = std::get_if<double>(&found->content_)) return *number;
    if (const auto* integer = std::get_if<std::int64_t>(&found->content_)) {
      return static_cast<double>(*integer);
    }
    if (const auto* integer = std::get_if<std::uint64_t>(&found->content_)) {
      return static_cast<double>(*integer);
    }
  }
  return wrong_type<double>(name, "a number", found);
}
Result<const Value::Array*> Value::array_at(std::string_view name) const {
  return pointer_at<Array>(*this, name, "an array");
}
Result<const Value::Object*> Value::object_at(std::string_view name) const {
  return pointer_at<Object>(*this, name, "an object");
}

Result<Value> parse(std::string_view text) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const simdjson::padded_string padded(text);
  const auto error = parse_bounded(parser, padded.data(), padded.size(), root);
  if (error != simdjson::SUCCESS) return not_json(error);
  return convert(root);
}

}  // namespace tally::json
