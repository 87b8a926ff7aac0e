// zsh: finds the command in the words before the cursor, then lets _arguments do the rest with the
// options and arguments of that command.
#include "cli/generate.hpp"

namespace tally::cli {
namespace {

// Within [..] and after : of a specification of _arguments these end a part.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string action(const CommandParts& root, const Completion& completion) {
  switch (completion.kind) {
    case Completion::Kind::file:
      return "_files";
    case Completion::Kind::folder:
      return "_files -/";
    case Completion::Kind::choices:
      return fmt::format("({})", fmt::join(completion.choices, " "));
    case Completion::Kind::dynamic:
      return function_name(root) + "_words " + completion.dynamic_kind;
    case Completion::Kind::none:
      break;
  }
  return " ";
}

std::string option_spec(const CommandParts& root, const OptionSpec& option) {
  const bool repeats = std::holds_alternative<std::vector<std::string>*>(option.target) ||
                       std::holds_alternative<Count*>(option.target);
  const bool both = !option.short_name.empty() && !option.long_name.empty();
  std::string before;
  if (repeats) {
    before = "*";
  } else if (both) {
    before = fmt::format("({} {})", option.short_name, option.long_name);
  }
  std::string after = fmt::format("[{}]", escaped(option.help));
  if (!option.is_flag()) {
    const bool listed = option.completion.kind == Completion::Kind::choices;
    after += fmt::format(":{}:{}", listed ? "word" : escaped(option.metavar),
                         action(root, option.completion));
  }
  const char* glued = option.is_flag() ? "" : "+";
  const char* equals = option.is_flag() ? "" : "=";
  if (both) {
    return fmt::format("{}{{{}{},{}{}}}{}", shell_quoted(before), option.short_name, glued,
                       option.long_name, equals, shell_quoted(after));
  }
  return shell_quoted(before + option.name() + (option.long_name.empty() ? glued : equals) + after);
}

// A name with no space in it for the function that offers the commands below `command`.
std::string offer_name(const CommandParts& command) {
  std::string name = "_" + key_of(command.path()) + "_commands";
  for (auto& c : name) {
    if (c == ' ') c = '_';
  }
  return name;
}

void offer_function(std::string& out, const CommandParts& root, const CommandParts& command) {
  out += fmt::format("{}() {{\n  local -a commands\n  commands=(\n", offer_name(command));
  for (const auto& child : command.children) {
    const auto& parts = child->parts();
    out += "    " + shell_quoted(parts.name + ":" + parts.help) + "\n";
  }
  out += "  )\n  _describe -t commands command commands\n";
  if (!command.arguments.empty()) {
    const std::string other = action(root, command.arguments.front()->completion);
    if (other != " " && other[0] != '(') out += "  " + other + "\n";
  }
  out += "}\n\n";
}

std::size_t depth_of(const CommandParts& command) {
  return command.parent == nullptr ? 0 : 1 + depth_of(*command.parent);
}

// _arguments counts the words of the command itself as arguments.
std::vector<std::string> argument_specs(const CommandParts& root, const CommandParts& command) {
  std::vector<std::string> specs;
  std::size_t place = 1;
  for (; place <= depth_of(command); ++place) specs.push_back(fmt::format("'{}: : '", place));
  if (!command.children.empty()) {
    specs.push_back(fmt::format("'{}: :{}'", place, offer_name(command)));
  }
  for (const auto& argument : command.arguments) {
    const std::string rest =
        fmt::format(":{}:{}", escaped(argument->metavar), action(root, argument->completion));
    const bool offered = place == depth_of(command) + 1 && !command.children.empty();
    if (argument->takes_all()) {
      specs.push_back(shell_quoted("*" + rest));
    } else if (!offered) {
      specs.push_back(shell_quoted(std::to_string(place) + rest));
    }
    ++place;
  }
  return specs;
}

void command_case(std::string& out, const CommandParts& root, const CommandParts& command) {
  std::vector<std::string> specs;
  for (const auto* option : visible_options(command)) {
    if (!option->hidden) specs.push_back(option_spec(root, *option));
  }
  for (const auto& spec : argument_specs(root, command)) specs.push_back(spec);
  out += fmt::format("    ({})\n      _arguments -s -S : \\\n        {}\n      ;;\n",
                     shell_quoted(command.path()), fmt::join(specs, " \\\n        "));
}

}  // namespace

std::string zsh_completion(const CommandParts& root) {
  const std::string function = function_name(root);
  std::string out = fmt::format(
      "#compdef {0}\n# zsh completion for {0}, written by {0} --generate zsh\n\n", root.name);
  out += fmt::format(
      "{}_words() {{\n"
      "  local -a found\n"
      "  found=(${{(f)\"$($words[1] --complete $1 2>/dev/null)\"}})\n"
      "  compadd -a found\n"
      "}}\n\n",
      function);
  std::vector<std::string> paths;
  for_each_command(root, [&](const CommandParts& command) {
    if (!command.children.empty()) offer_function(out, root, command);
    if (command.parent != nullptr) paths.push_back(shell_quoted(command.path()));
  });
  out += fmt::format(
      "{}() {{\n"
      "  local command={}\n"
      "  integer i\n"
      "  for ((i = 2; i < CURRENT; i++)); do\n"
      "    case \"$command $words[i]\" in\n"
      "      ({}) command=\"$command $words[i]\" ;;\n"
      "    esac\n"
      "  done\n"
      "  case $command in\n",
      function, root.name, fmt::join(paths, "|"));
  for_each_command(root, [&](const CommandParts& command) { command_case(out, root, command); });
  return out + fmt::format("  esac\n}}\n\n{} \"$@\"\n", function);
}

}  // namespace tally::cli
