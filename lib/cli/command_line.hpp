// Splitting the words of a command line into the chosen command, option values and arguments.
// What the values mean is decided elsewhere. Inside lib/cli only.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "cli/registry.hpp"
#include "core/result.hpp"

namespace tally::cli {

struct CommandLine {
  const CommandParts* command = nullptr;
  std::map<const OptionSpec*, std::vector<std::string>> options;  // one word per occurrence
  std::vector<std::string> words;       // not an option, in order, the first "--" left out
  std::size_t words_before_dashes = 0;  // how many of them stand before it
  std::vector<std::string> unknown;     // looks like an option and is none

  [[nodiscard]] bool has(const OptionSpec& option) const { return options.count(&option) != 0; }
};

// Errors: usage, when an option lacks its value.
[[nodiscard]] Result<CommandLine> split_command_line(const CommandParts& root,
                                                     const std::vector<std::string>& words);

// Errors: usage, for an unknown option or command, with a suggestion.
[[nodiscard]] Status refuse_unknown(const CommandLine& line);

// Gives the words to the command's arguments. Errors: usage, for arguments missing or too many.
[[nodiscard]] Status bind_arguments(const CommandLine& line);

}  // namespace tally::cli
