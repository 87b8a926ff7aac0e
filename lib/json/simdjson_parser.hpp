// The parser behind this module, with a bound, and its words as errors of ours. For the sources of
// this module.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include "core/result.hpp"

namespace tally::json {

// Objects and lists in one another, the outermost one counted.
inline constexpr std::size_t kMostLevels = 64;

// Parses one document, behind which there are SIMDJSON_PADDING bytes more.
[[nodiscard]] inline simdjson::error_code parse_bounded(simdjson::dom::parser& parser,
                                                        const char* text, std::size_t size_bytes,
                                                        simdjson::dom::element& root) {
  // A parser keeps its bound, which is the first one that it refuses.
  constexpr std::size_t kRefused = kMostLevels + 1;
  if (parser.max_depth() != kRefused) {
    if (const auto error = parser.allocate(size_bytes, kRefused)) return error;
  }
  return parser.parse(text, size_bytes, false).get(root);
}

[[nodiscard]] inline tl::unexpected<Error> not_json(simdjson::error_code error) {
  if (error == simdjson::DEPTH_ERROR) return fail(Code::bad_data, "JSON is nested too deep");
  std::string_view words = simdjson::error_message(error);
  if (words.ends_with('.')) words.remove_suffix(1);
  return fail(Code::bad_data, fmt::format("not JSON: {}", words));
}

[[nodiscard]] inline tl::unexpected<Error> stands_twice(std::string_view name) {
  return fail(Code::bad_data, fmt::format("member '{}' stands twice", name));
}

}  // namespace tally::json
