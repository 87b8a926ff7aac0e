// What the hidden option --generate prints: completions for three shells, and the registry as lines
// for the tests that compare man pages with it. Inside lib/cli only.
#pragma once

#include <string>
#include <string_view>

#include "cli/registry.hpp"

namespace tally::cli {

[[nodiscard]] std::string bash_completion(const CommandParts& root);
[[nodiscard]] std::string zsh_completion(const CommandParts& root);
[[nodiscard]] std::string fish_completion(const CommandParts& root);

// One line an entry, fields separated by tabs, "-" for an empty one:
//   command   PATH  HELP
//   option    PATH  NAMES  METAVAR  KEY  VARIABLE  HELP
//   argument  PATH  METAVAR  HELP
// NAMES as "-n,--count"; KEY and VARIABLE set the option from a file and from the environment.
[[nodiscard]] std::string options_list(const CommandParts& root);

// "_tally_relay", the name of the shells' functions.
[[nodiscard]] std::string function_name(const CommandParts& root);

// `text` between single quotes, for bash and zsh.
[[nodiscard]] std::string shell_quoted(std::string_view text);

}  // namespace tally::cli
