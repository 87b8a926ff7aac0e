#include "cli/generate.hpp"

namespace tally::cli {
namespace {

std::string or_dash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string option_line(const CommandParts& command, const OptionSpec& option) {
  std::string names = option.short_name;
  if (!option.long_name.empty()) names += (names.empty() ? "" : ",") + option.long_name;
  const std::string key = option.in_file ? option.key() : "";
  const std::string variable =
      option.in_environment ? environment_name(command.root(), option) : "";
  return fmt::format("option\t{}\t{}\t{}\t{}\t{}\t{}\n", command.path(), names,
                     or_dash(option.metavar), or_dash(key), or_dash(variable), option.help);
}

}  // namespace

std::string options_list(const CommandParts& root) {
  std::string lines;
  for_each_command(root, [&](const CommandParts& command) {
    lines += fmt::format("command\t{}\t{}\n", command.path(), command.help);
    for (const auto& option : command.options) {
      if (!option->hidden) lines += option_line(command, *option);
    }
    for (const auto& argument : command.arguments) {
      lines +=
          fmt::format("argument\t{}\t{}\t{}\n", command.path(), argument->metavar, argument->help);
    }
  });
  return lines;
}

std::string function_name(const CommandParts& root) {
  return "_" + key_of(root.name);
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace tally::cli
