// The effective value of each option and where it came from. Inside lib/cli only.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/command_line.hpp"
#include "cli/config.hpp"
#include "cli/registry.hpp"

namespace tally::cli {

struct Setting {
  Value value;
  std::string source;  // "default", "--count", "TALLY_RELAY_COUNT", "relay.toml:3:9"
};
using Settings = std::map<const OptionSpec*, Setting>;

// Flag, else environment, else file, else the variable's own value, for each of `options`. Errors:
// usage, naming the flag or the variable that gave a bad value.
[[nodiscard]] Result<Settings> resolve(const CommandParts& root,
                                       const std::vector<const OptionSpec*>& options,
                                       const CommandLine& line, const FileValues& file);

// The files to read in rising precedence: the one named, or the host's and the user's where they
// exist. A named one is returned even when it does not exist.
[[nodiscard]] std::vector<std::string> config_paths(const std::string& tool,
                                                    const std::string& named);

// The configuration file that says the same as `settings`, each line with its source. The options
// of `command` and those above it; of all commands when `command` is the root.
[[nodiscard]] std::string print_settings(const CommandParts& command, const Settings& settings);

}  // namespace tally::cli
