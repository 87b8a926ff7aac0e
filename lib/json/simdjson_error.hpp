// The words of the parser, as errors of ours. For the sources of this module.
#pragma once

#include <fmt/format.h>
#include <simdjson.h>

#include "core/result.hpp"

namespace tally::json {

[[nodiscard]] inline tl::unexpected<Error> not_json(simdjson::error_code error) {
  std::string_view words = simdjson::error_message(error);
  if (words.ends_with('.')) words.remove_suffix(1);
  return fail(Code::bad_data, fmt::format("not JSON: {}", words));
}

[[nodiscard]] inline tl::unexpected<Error> stands_twice(std::string_view name) {
  return fail(Code::bad_data, fmt::format("member '{}' stands twice", name));
}

}  // namespace tally::json
