// Option values between their spellings and the tool's variables. Inside lib/cli only.
#pragma once

#include <string>
#include <vector>

#include "cli/registry.hpp"
#include "core/result.hpp"

namespace tally::cli {

// Reads the words given for an option, one per occurrence; the last wins unless the option gathers
// all. A flag's word is true or false. Errors: usage, without the option's name.
[[nodiscard]] Result<Value> value_from_words(const OptionSpec& option,
                                             const std::vector<std::string>& words);

// Range and choices. Errors: usage.
[[nodiscard]] Status check_value(const OptionSpec& option, const Value& value);

// The bound variable, read and written.
[[nodiscard]] Value bound_value(const OptionSpec& option);
void bind_value(const OptionSpec& option, const Value& value);

// As help shows a default; empty when there is nothing worth showing.
[[nodiscard]] std::string value_to_text(const Value& value);
// As a configuration file spells it.
[[nodiscard]] std::string value_to_toml(const Value& value);

}  // namespace tally::cli
