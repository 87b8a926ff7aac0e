// Reading JSON Lines fast: objects of plain members, one after another, as a list of views instead
// of a tree (json/value.hpp). Some hundred bytes take some hundred nanoseconds.
//
// An object belongs to one thread. It keeps its memory from line to line, as much as the longest
// one asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>

#include "core/result.hpp"

namespace tally::json {

class FlatReader {
 public:
  struct Nested {};  // an object or a list, whose content is not kept
  using Plain = std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double,
                             std::string_view, Nested>;
  struct Member {
    std::string_view name;
    Plain value;
  };

  FlatReader();
  FlatReader(const FlatReader&) = delete;
  FlatReader& operator=(const FlatReader&) = delete;
  ~FlatReader();

  // The members of the line's object in their order; they hold until the next call. Errors:
  // bad_data for what is not one object, for nesting of more than 64 levels, the line's object
  // being the first, and for a name that stands twice in that object. What is nested must be JSON
  // too, but whether names stand twice in it is not looked at.
  [[nodiscard]] Result<std::span<const Member>> read(std::string_view line);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally::json
