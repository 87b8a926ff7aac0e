// Configuration files: TOML whose keys are the registry's options, root options at the top and each
// command's in its table, [serve] or [ring.stat]. Strict: an unknown key, a wrong type or a bad
// unit is an error with file:line:column, also in a table of a command that is not run. Inside
// lib/cli only.
#pragma once

#include <map>
#include <string>

#include "cli/registry.hpp"
#include "core/result.hpp"

namespace tally::cli {

struct FileValue {
  Value value;
  std::string place;  // "/etc/tallyio/tally-relay.toml:3:9"
};
using FileValues = std::map<const OptionSpec*, FileValue>;

// Reads `path` into `into`, over what is there. Errors: configuration; no_input and permission when
// the file cannot be read.
[[nodiscard]] Status read_config(const CommandParts& root, const std::string& path,
                                 FileValues& into);

// The same for a text that is at hand; `path` is only named in errors.
[[nodiscard]] Status parse_config(const CommandParts& root, const std::string& text,
                                  const std::string& path, FileValues& into);

}  // namespace tally::cli
