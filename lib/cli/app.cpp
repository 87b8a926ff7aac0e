#include "cli/app.hpp"

#include <cstdlib>
#include <exception>
#include <fcntl.h>
#include <map>
#include <unistd.h>

#include "cli/command_line.hpp"
#include "cli/config.hpp"
#include "cli/generate.hpp"
#include "cli/help.hpp"
#include "cli/registry.hpp"
#include "cli/settings.hpp"
#include "cli/values.hpp"
#include "core/bytes.hpp"
#include "core/file.hpp"
#include "core/version.hpp"

namespace tally::cli {
namespace {

// The options that every command takes.
struct Common {
  bool json = false;
  bool quiet = false;
  Count verbose;
  std::string color = "auto";
  bool no_input = false;
  std::string config;
  bool print_config = false;
  bool version = false;
  bool short_help = false;
  bool help = false;
  std::string complete;
  std::string generate;
};

// A descriptor 0 to 2 that the caller closed would be given to the next file opened, and data or
// words would be written into it. The stand-in refuses what the closed one would have refused.
void hold_standard_descriptors() {
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) {
    if (::fcntl(fd, F_GETFD) != -1) continue;
    if (::open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd) return;
  }
}

OptionSpec& last_option(Command& command) {
  return *command.parts().options.back();
}

// Not a setting: it asks for something else than the command.
void not_in_file(Command& root) {
  last_option(root).in_file = false;
  last_option(root).in_environment = false;
}

void declare_common(Command& root, Common& common) {
  const auto& options = root.parts().options;
  const std::size_t first = options.size();
  root.flag("--json", common.json, "print JSON Lines, one object a line");
  root.flag("-q,--quiet", common.quiet, "print errors only");
  auto verbose = std::make_unique<OptionSpec>();
  verbose->short_name = "-v";
  verbose->long_name = "--verbose";
  verbose->target = &common.verbose;
  verbose->owner = &root.parts();
  verbose->help = "say more; again for yet more";
  root.parts().options.push_back(std::move(verbose));
  root.choice("--color", common.color, {"auto", "always", "never"}, "colour the output");
  root.flag("--no-input", common.no_input, "never ask, fail instead");
  root.option("--config", common.config, "FILE", "read this configuration file and no other",
              Completion{Completion::Kind::file, {}, {}});
  last_option(root).in_file = false;
  root.flag("--print-config", common.print_config, "print every setting and where it comes from");
  not_in_file(root);
  root.flag("--version", common.version, "print the version");
  not_in_file(root);
  root.flag("-h", common.short_help, "print the usage in short");
  not_in_file(root);
  root.flag("--help", common.help, "print everything, with examples");
  not_in_file(root);
  root.option("--complete", common.complete, "KIND", "words for shell completion");
  not_in_file(root);
  last_option(root).hidden = true;
  root.choice("--generate", common.generate, {"bash", "zsh", "fish", "options"},
              "print completions or the registry");
  not_in_file(root);
  last_option(root).hidden = true;
  for (std::size_t i = first; i < options.size(); ++i) options[i]->everywhere = true;
}

template <typename Variable>
const OptionSpec* option_of(const Command& root, const Variable* variable) {
  for (const auto& option : root.parts().options) {
    const auto* const* target = std::get_if<Variable*>(&option->target);
    if (target != nullptr && *target == variable) return option.get();
  }
  return nullptr;
}

int verbosity(const Common& common) {
  return common.quiet ? -1 : common.verbose.times;
}

ColorChoice color_choice(const std::string& word) {
  if (word == "always") return ColorChoice::always;
  return word == "never" ? ColorChoice::never : ColorChoice::automatic;
}

}  // namespace

struct App::Parts {
  explicit Parts(std::unique_ptr<Command::Parts> parts) : root(std::move(parts)) {}

  Result<Code> run(const std::vector<std::string>& words, Output& out);
  [[nodiscard]] bool given(const CommandLine& line, const bool* variable) const {
    return line.has(*option_of(root, variable));
  }
  Result<Code> run_command(const CommandLine& line, bool bare, Output& out);
  Result<Code> print_complete(Output& out) const;
  Result<Code> print_generated(Output& out) const;
  Result<Code> print_help(Output& out) const;
  [[nodiscard]] Result<Settings> settle(const CommandLine& line) const;
  [[nodiscard]] Result<FileValues> read_files(const CommandLine& line) const;

  Command root;
  Common common;
  std::vector<std::string> help_words;
  std::map<std::string, std::function<std::vector<std::string>()>> completers;
};

App::App(std::string name, std::string summary) {
  auto root = std::make_unique<Command::Parts>();
  root->name = std::move(name);
  root->help = std::move(summary);
  parts_ = std::make_unique<Parts>(std::move(root));
}

App::~App() = default;

Command& App::root() {
  return parts_->root;
}

void App::on_complete(const std::string& kind, std::function<std::vector<std::string>()> words) {
  parts_->completers[kind] = std::move(words);
}

int App::main(int argc, char** argv) {
  hold_standard_descriptors();
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  Output out(parts_->root.parts().name, ColorChoice::automatic, 0);
  Result<Code> result = fail(Code::internal, "nothing was run");
  try {
    result = parts_->run(words, out);
  } catch (const std::exception& defect) {
    result = fail(Code::internal, fmt::format("internal error: {}", defect.what()),
                  "this is a defect of the tool; please report it with the command line");
  } catch (...) {
    result = fail(Code::internal, "internal error of an unknown kind",
                  "this is a defect of the tool; please report it with the command line");
  }
  const Status flushed = out.flush();
  if (!result) {
    out.error(result.error());
    const int status = static_cast<int>(result.error().code);
    return status == 0 ? static_cast<int>(Code::internal) : status;
  }
  if (!flushed) {
    out.error(flushed.error());
    return static_cast<int>(flushed.error().code);
  }
  return static_cast<int>(*result);
}

Result<Code> App::Parts::run(const std::vector<std::string>& words, Output& out) {
  declare_common(root, common);
  root.command("help", "print the help of a command")
      .arguments("COMMAND", help_words, "the command; none for the tool itself", false)
      .on_run([this](Invocation& run) { return print_help(run.out); });
  TALLY_TRY(const CommandLine line, split_command_line(root.parts(), words));

  // What a user asks for when something is wrong must not depend on what is wrong.
  if (given(line, &common.help)) {
    out.write(full_help(*line.command));
    return Code::ok;
  }
  if (given(line, &common.short_help)) {
    out.write(short_help(*line.command));
    return Code::ok;
  }
  if (given(line, &common.version)) {
    out.print("{} {}\n", root.parts().name, core::kVersion);
    return Code::ok;
  }
  TALLY_CHECK(refuse_unknown(line));
  TALLY_TRY(const Settings settings, settle(line));
  for (const auto& [option, setting] : settings) bind_value(*option, setting.value);
  if (!common.complete.empty()) return print_complete(out);
  if (!common.generate.empty()) return print_generated(out);
  if (common.print_config) {
    out.write(print_settings(*line.command, settings));
    return Code::ok;
  }
  out = Output(root.parts().name, color_choice(common.color), verbosity(common));
  return run_command(line, words.empty(), out);
}

Result<Code> App::Parts::run_command(const CommandLine& line, bool bare, Output& out) {
  const CommandParts& command = *line.command;
  if (!command.handler || (bare && command.needs_argument())) {
    const std::string text = short_help(command);
    static_cast<void>(core::write_all(STDERR_FILENO, core::as_bytes(text)));
    return Code::usage;
  }
  TALLY_CHECK(bind_arguments(line));
  Invocation invocation{out, common.json, common.no_input, verbosity(common)};
  return command.handler(invocation);
}

Result<FileValues> App::Parts::read_files(const CommandLine& line) const {
  const OptionSpec& option = *option_of(root, &common.config);
  TALLY_TRY(const Settings settings, resolve(root.parts(), {&option}, line, {}));
  const auto& named = std::get<std::string>(settings.at(&option).value);
  FileValues values;
  for (const auto& path : config_paths(root.parts().name, named)) {
    TALLY_CHECK(read_config(root.parts(), path, values));
  }
  return values;
}

// The settings of the command; of all commands when the whole configuration is to be printed.
Result<Settings> App::Parts::settle(const CommandLine& line) const {
  TALLY_TRY(const FileValues file, read_files(line));
  auto options = visible_options(*line.command);
  if (given(line, &common.print_config) && line.command->parent == nullptr) {
    options.clear();
    for_each_command(*line.command, [&](const CommandParts& command) {
      for (const auto& option : command.options) options.push_back(option.get());
    });
  }
  return resolve(root.parts(), options, line, file);
}

Result<Code> App::Parts::print_complete(Output& out) const {
  const auto found = completers.find(common.complete);
  if (found == completers.end()) {
    return fail(Code::usage, fmt::format("no words of kind '{}' to complete", common.complete));
  }
  for (const auto& word : found->second()) out.line(word);
  return Code::ok;
}

Result<Code> App::Parts::print_generated(Output& out) const {
  const CommandParts& registry = root.parts();
  if (common.generate == "bash") out.write(bash_completion(registry));
  if (common.generate == "zsh") out.write(zsh_completion(registry));
  if (common.generate == "fish") out.write(fish_completion(registry));
  if (common.generate == "options") out.write(options_list(registry));
  return Code::ok;
}

Result<Code> App::Parts::print_help(Output& out) const {
  const CommandParts* at = &root.parts();
  for (const auto& word : help_words) {
    const CommandParts* child = at->child(word);
    if (child == nullptr) {
      return fail(Code::usage, fmt::format("unknown command '{}'", word),
                  suggestion(word, at->child_names(),
                             fmt::format("{} --help lists the commands", at->path())));
    }
    at = child;
  }
  out.write(full_help(*at));
  return Code::ok;
}

}  // namespace tally::cli
