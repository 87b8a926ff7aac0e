// The registry behind Command: every command, option and argument of a tool as plain data. Parsing,
// help, configuration, completion and the man page test all read it. Inside lib/cli only.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/app.hpp"

namespace tally::cli {

// How often a flag was given: -vv.
struct Count {
  int times = 0;
};

using Value = std::variant<bool, Count, std::string, std::vector<std::string>, std::int64_t, double,
                           Duration, ByteSize>;
using Target = std::variant<bool*, Count*, std::string*, std::vector<std::string>*, std::int64_t*,
                            double*, Duration*, ByteSize*>;

struct OptionSpec {
  std::string short_name;  // "-n" or empty
  std::string long_name;   // "--count" or empty
  Target target;
  std::string metavar;  // empty for a flag
  std::string help;
  Completion completion;
  bool closed_choices = false;  // the value must be one of completion.choices
  bool hidden = false;
  bool everywhere = false;     // an option that every command takes
  bool in_file = true;         // may be set by a configuration file
  bool in_environment = true;  // may be set by a variable
  std::int64_t min = 0;
  std::int64_t max = 0;
  double min_real = 0;
  double max_real = 0;
  const Command::Parts* owner = nullptr;  // the command that declares it

  [[nodiscard]] bool is_flag() const { return target.index() <= 1; }
  // "--count", or "-h" when there is no long name.
  [[nodiscard]] const std::string& name() const {
    return long_name.empty() ? short_name : long_name;
  }
  // The key of configuration files: "low_s" for --low-s.
  [[nodiscard]] std::string key() const;
  // "-n, --count N"
  [[nodiscard]] std::string synopsis() const;
};

struct ArgumentSpec {
  std::string metavar;
  std::variant<std::string*, std::vector<std::string>*> target;
  std::string help;
  bool required = true;
  Completion completion;
  bool after_dashes = false;  // takes the words behind "--", and no others

  [[nodiscard]] bool takes_all() const { return target.index() == 1; }
};

struct Command::Parts {
  std::string name;
  std::string help;
  std::vector<std::unique_ptr<OptionSpec>> options;
  std::vector<std::unique_ptr<ArgumentSpec>> arguments;
  std::vector<std::string> examples;
  Handler handler;
  std::vector<std::unique_ptr<Command>> children;
  Parts* parent = nullptr;

  // "tally-relay ring stat"
  [[nodiscard]] std::string path() const;
  [[nodiscard]] const Parts& root() const;
  [[nodiscard]] Parts* child(std::string_view child_name) const;
  [[nodiscard]] std::vector<std::string> child_names() const;
  [[nodiscard]] bool needs_argument() const;
};

using CommandParts = Command::Parts;

// Calls visit(command) for the command and all below it, parents first.
template <typename Visit>
void for_each_command(const CommandParts& top, const Visit& visit) {
  visit(top);
  for (const auto& child : top.children) for_each_command(child->parts(), visit);
}

// Whether the commands below `command` take this option of it as well. The options of a command
// that does a job of its own with arguments belong to that job.
[[nodiscard]] bool is_inherited(const CommandParts& command, const OptionSpec& option);

// The options of the same name in the commands above the one that declares `option`: what is set
// for them goes for it too, as long as it is not set itself.
[[nodiscard]] std::vector<const OptionSpec*> namesakes_above(const OptionSpec& option);

// The options a command takes: its own, then what it inherits and has no option of the same name
// for.
[[nodiscard]] std::vector<const OptionSpec*> visible_options(const CommandParts& command);

// TALLY_RELAY_COUNT for --count of tally-relay, whatever the subcommand.
[[nodiscard]] std::string environment_name(const CommandParts& root, const OptionSpec& option);

// "did you mean WORD?", or `otherwise` when none of `known` is close.
[[nodiscard]] std::string suggestion(std::string_view word, const std::vector<std::string>& known,
                                     std::string otherwise = {});

// "low_s" for "low-s".
[[nodiscard]] std::string key_of(std::string_view word);

}  // namespace tally::cli
