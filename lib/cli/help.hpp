// The texts of -h, --help and of a tool that is called with too little. Inside lib/cli only.
#pragma once

#include <string>

#include "cli/registry.hpp"

namespace tally::cli {

// Usage, commands, the first example.
[[nodiscard]] std::string short_help(const CommandParts& command);

// Everything: examples, commands, arguments, options with their defaults.
[[nodiscard]] std::string full_help(const CommandParts& command);

// "tally-relay ring stat [OPTIONS] NAME"
[[nodiscard]] std::string usage_line(const CommandParts& command);

}  // namespace tally::cli
