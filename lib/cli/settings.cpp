#include "cli/settings.hpp"

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

#include "cli/values.hpp"

namespace tally::cli {
namespace {

Result<Value> checked(const OptionSpec& option, const std::vector<std::string>& words,
                      const std::string& source) {
  auto value = value_from_words(option, words);
  if (value) {
    if (auto in_range = check_value(option, *value); !in_range) value = fail(in_range.error());
  }
  if (!value) return fail(value.error().in(source));
  return value;
}

Result<Setting> resolve_one(const CommandParts& root, const OptionSpec& option,
                            const CommandLine& line, const FileValues& file) {
  std::vector<const OptionSpec*> names{&option};
  for (const auto* above : namesakes_above(option)) names.push_back(above);
  for (const auto* name : names) {
    const auto given = line.options.find(name);
    if (given == line.options.end()) continue;
    TALLY_TRY(Value value, checked(option, given->second, option.name()));
    return Setting{std::move(value), option.name()};
  }
  if (option.in_environment) {
    const std::string variable = environment_name(root, option);
    if (const char* word = std::getenv(variable.c_str())) {
      TALLY_TRY(Value value, checked(option, {word}, variable));
      return Setting{std::move(value), variable};
    }
  }
  for (const auto* name : names) {
    const auto found = file.find(name);
    if (found == file.end()) continue;
    // The limits of a namesake need not be those of the option.
    if (auto in_range = check_value(option, found->second.value); !in_range) {
      Error error = in_range.error().in(fmt::format("{}: {}", found->second.place, option.key()));
      error.code = Code::configuration;
      return fail(std::move(error));
    }
    return Setting{found->second.value, found->second.place};
  }
  return Setting{bound_value(option), "default"};
}

void print_line(std::string& text, const OptionSpec& option, const Setting& setting) {
  // A default that no one could write, "" for a choice or 0 where 1 is the least, means not set.
  if (!check_value(option, setting.value)) {
    text += fmt::format("# {} is not set\n", option.key());
    return;
  }
  const std::string assignment = fmt::format("{} = {}", option.key(), value_to_toml(setting.value));
  text += fmt::format("{:<32} # {}\n", assignment, setting.source);
}

// "ring.stat" for the table of `tally-relay ring stat`.
std::string table_name(const CommandParts& command) {
  if (command.parent == nullptr) return {};
  const std::string above = table_name(*command.parent);
  return (above.empty() ? "" : above + ".") + key_of(command.name);
}

bool is_above(const CommandParts& above, const CommandParts& command) {
  for (const auto* at = &command; at != nullptr; at = at->parent) {
    if (at == &above) return true;
  }
  return false;
}

}  // namespace

Result<Settings> resolve(const CommandParts& root, const std::vector<const OptionSpec*>& options,
                         const CommandLine& line, const FileValues& file) {
  Settings settings;
  for (const auto* option : options) {
    TALLY_TRY(Setting setting, resolve_one(root, *option, line, file));
    settings.emplace(option, std::move(setting));
  }
  return settings;
}

std::vector<std::string> config_paths(const std::string& tool, const std::string& named) {
  if (!named.empty()) return {named};
  std::vector<std::string> paths{"/etc/tallyio/" + tool + ".toml"};
  const char* folder = std::getenv("XDG_CONFIG_HOME");
  const char* home = std::getenv("HOME");
  // The XDG specification has a relative path ignored.
  if (folder != nullptr && folder[0] == '/') {
    paths.push_back(std::string(folder) + "/tallyio/" + tool + ".toml");
  } else if (home != nullptr && home[0] == '/') {
    paths.push_back(std::string(home) + "/.config/tallyio/" + tool + ".toml");
  }
  std::erase_if(paths, [](const std::string& p) { return ::access(p.c_str(), F_OK) != 0; });
  return paths;
}

std::string print_settings(const CommandParts& command, const Settings& settings) {
  std::string text;
  for_each_command(command.root(), [&](const CommandParts& at) {
    if (!is_above(at, command) && !is_above(command, at)) return;
    std::string table;
    for (const auto& option : at.options) {
      const auto found = settings.find(option.get());
      if (option->in_file && found != settings.end()) print_line(table, *option, found->second);
    }
    if (table.empty()) return;
    if (at.parent != nullptr) text += fmt::format("\n[{}]\n", table_name(at));
    text += table;
  });
  return text;
}

}  // namespace tally::cli
