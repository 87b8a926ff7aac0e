// The frame of a tool: its commands and options, declared once. The declarations are the registry
// from which come the parser, --help, the environment names, the keys of configuration files, the
// shell completions and the test that compares man pages, so that these can never disagree.
//
// Values are taken by rising precedence from the default in the bound variable,
// /etc/tallyio/TOOL.toml, $XDG_CONFIG_HOME/tallyio/TOOL.toml (or the file that --config names,
// alone), the environment (TALLY_<TOOL>_<OPTION>) and the command line.
//
// Every command also takes --json, -q/--quiet, -v/--verbose, --color WHEN, --no-input, --config
// FILE, --print-config, --version and -h/--help; each tool also has the command `help`. One thread,
// before the tool starts its own.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cli/output.hpp"
#include "cli/units.hpp"
#include "core/result.hpp"

namespace tally::cli {

// What kind of word completes an argument. `dynamic` asks the tool itself, by the hidden option
// --complete KIND: names of cases, rings, profiles.
struct Completion {
  enum class Kind { none, file, folder, choices, dynamic };
  Kind kind = Kind::none;
  std::vector<std::string> choices;
  std::string dynamic_kind;
};

// What a command's function is given.
struct Invocation {
  Output& out;
  bool json = false;
  bool no_input = false;
  int verbosity = 0;  // -1 quiet, 0 normal, 1 and up verbose
};

// A command's function: Code::ok, or Code::negative when the answer is no and has been said.
using Handler = std::function<Result<Code>(Invocation&)>;

class Command {
 public:
  struct Parts;  // of the implementation
  explicit Command(std::unique_ptr<Parts> parts);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;
  ~Command();

  // `names` as "--count" or "-n,--count". The variable must outlive the App; its value at this call
  // is the default, shown by --help. `metavar` is the word for the value, "N", "FILE", "HEX".
  Command& flag(const std::string& names, bool& value, const std::string& help);
  Command& option(const std::string& names, std::string& value, const std::string& metavar,
                  const std::string& help, Completion completion = {});
  Command& option(const std::string& names, std::vector<std::string>& values,
                  const std::string& metavar, const std::string& help, Completion completion = {});
  Command& option(const std::string& names, std::int64_t& value, const std::string& metavar,
                  const std::string& help, std::int64_t min, std::int64_t max);
  Command& option(const std::string& names, double& value, const std::string& metavar,
                  const std::string& help, double min, double max);
  Command& option(const std::string& names, Duration& value, const std::string& help);
  Command& option(const std::string& names, ByteSize& value, const std::string& help);
  Command& choice(const std::string& names, std::string& value,
                  const std::vector<std::string>& choices, const std::string& help);

  // Positional arguments in order; a vector takes all that follow.
  Command& argument(const std::string& metavar, std::string& value, const std::string& help,
                    bool required = true, Completion completion = {});
  Command& arguments(const std::string& metavar, std::vector<std::string>& values,
                     const std::string& help, bool required = true, Completion completion = {});

  // The words behind the first "--" as they stand, further "--" among them: the command line of
  // another program. Words before it are none of them. Required; declared after the arguments.
  Command& words_after_dashes(const std::string& metavar, std::vector<std::string>& values,
                              const std::string& help);

  // Lines under EXAMPLES of --help, each a command as typed.
  Command& example(const std::string& line);
  Command& on_run(Handler handler);

  // A command below this one. The reference lives as long as the App.
  Command& command(const std::string& name, const std::string& help);

  [[nodiscard]] Parts& parts() const { return *parts_; }

 private:
  std::unique_ptr<Parts> parts_;
};

class App {
 public:
  // `name` as typed, "tally-relay"; `summary` one line.
  App(std::string name, std::string summary);
  ~App();

  // The tool without a subcommand. Its options are also taken by every command below it, unless it
  // takes arguments itself: then they belong to that job of its own.
  [[nodiscard]] Command& root();

  // Answers --complete KIND, one word a line.
  void on_complete(const std::string& kind, std::function<std::vector<std::string>()> words);

  // Parses, runs the chosen command, prints its error, flushes and checks standard output, and
  // returns the exit status. Catches every exception: one that reaches it is a defect, and exit 70.
  [[nodiscard]] int main(int argc, char** argv);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tally::cli
