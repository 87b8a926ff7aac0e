// bash: one function that finds the command in the words before the cursor and then asks three
// tables, of option values, of option names and of arguments.
#include <algorithm>

#include "cli/generate.hpp"

namespace tally::cli {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between) {
  return fmt::format("{}", fmt::join(words, between));
}

std::vector<std::string> names_of(const OptionSpec& option) {
  std::vector<std::string> names;
  if (!option.short_name.empty()) names.push_back(option.short_name);
  if (!option.long_name.empty()) names.push_back(option.long_name);
  return names;
}

// The statement that fills COMPREPLY; empty when nothing is known to complete.
std::string reply(const Completion& completion) {
  switch (completion.kind) {
    case Completion::Kind::file:
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";
    case Completion::Kind::folder:
      return "compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")";
    case Completion::Kind::choices:
      return fmt::format("mapfile -t COMPREPLY < <(compgen -W {} -- \"$cur\")",
                         shell_quoted(joined(completion.choices, " ")));
    case Completion::Kind::dynamic:
      return fmt::format(
          "words=$(\"${{typed[0]}}\" --complete {} 2>/dev/null)\n"
          "      mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
          "      COMPREPLY=(\"${{COMPREPLY[@]#\"$kept\"}}\")",
          completion.dynamic_kind);
    case Completion::Kind::none:
      break;
  }
  return {};
}

// Only words that the tool itself names have a colon in them.
constexpr char kKept[] =
    "  # What stands before the last colon is not replaced, so it is not offered.\n"
    "  local kept=''\n"
    "  [[ $cur == *:* && $COMP_WORDBREAKS == *:* ]] && kept=${cur%:*}:\n";

bool has_dynamic_words(const CommandParts& root) {
  bool found = false;
  const auto look = [&](const auto& entry) {
    found = found || entry->completion.kind == Completion::Kind::dynamic;
  };
  for_each_command(root, [&](const CommandParts& command) {
    for (const auto& option : command.options) look(option);
    for (const auto& argument : command.arguments) look(argument);
  });
  return found;
}

std::string command_patterns(const CommandParts& root) {
  std::vector<std::string> paths;
  for_each_command(root, [&](const CommandParts& command) {
    if (command.parent != nullptr) paths.push_back(shell_quoted(command.path()));
  });
  return joined(paths, " | ");
}

std::string value_options(const CommandParts& root) {
  std::vector<std::string> names;
  for_each_command(root, [&](const CommandParts& command) {
    for (const auto& option : command.options) {
      if (option->is_flag() || option->hidden) continue;
      for (const auto& name : names_of(*option)) names.push_back(name);
    }
  });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return joined(names, " | ");
}

// Commands below first, so that an option of theirs hides one of the same name above.
void value_cases(std::string& out, const CommandParts& command) {
  for (const auto& child : command.children) value_cases(out, child->parts());
  for (const auto& option : command.options) {
    if (option->is_flag() || option->hidden) continue;
    std::vector<std::string> patterns;
    for (const auto& name : names_of(*option)) {
      patterns.push_back(shell_quoted(command.path() + ":" + name));
      if (!command.children.empty() && is_inherited(command, *option)) {
        patterns.push_back(shell_quoted(command.path() + " ") + "*" + shell_quoted(":" + name));
      }
    }
    const std::string fill = reply(option->completion);
    out += fmt::format("    {})\n      {}{}return\n      ;;\n", joined(patterns, " | "), fill,
                       fill.empty() ? "" : "\n      ");
  }
}

void option_cases(std::string& out, const CommandParts& root) {
  for_each_command(root, [&](const CommandParts& command) {
    std::vector<std::string> names;
    for (const auto* option : visible_options(command)) {
      if (!option->hidden) names.push_back(option->name());
    }
    out += fmt::format("      {}) words={} ;;\n", shell_quoted(command.path()),
                       shell_quoted(joined(names, " ")));
  });
}

void argument_cases(std::string& out, const CommandParts& root) {
  for_each_command(root, [&](const CommandParts& command) {
    std::size_t index = 0;
    for (const auto& argument : command.arguments) {
      const std::string fill = reply(argument->completion);
      if (!fill.empty()) {
        const std::string place = argument->takes_all() ? "*" : std::to_string(index);
        out += fmt::format("    {}:{})\n      {}\n      ;;\n", shell_quoted(command.path()), place,
                           fill);
      }
      ++index;
    }
  });
}

void command_cases(std::string& out, const CommandParts& root) {
  for_each_command(root, [&](const CommandParts& command) {
    if (command.children.empty()) return;
    out += fmt::format("    {}:0) words={} ;;\n", shell_quoted(command.path()),
                       shell_quoted(joined(command.child_names(), " ")));
  });
}

}  // namespace

std::string bash_completion(const CommandParts& root) {
  const std::string function = function_name(root);
  std::string out = fmt::format(
      "# bash completion for {0}, written by {0} --generate bash\n"
      "{1}() {{\n"
      "  local line=${{COMP_LINE:0:COMP_POINT}} command={0} arguments=0 skip=0 words='' i\n"
      "  local -a typed\n"
      "  COMPREPLY=()\n"
      "  # The shell takes shm:NAME and --name=value apart; here a word ends at a blank only.\n"
      "  # shellcheck disable=SC2162  # a backslash before a blank is meant\n"
      "  read -a typed <<<\"$line\"\n"
      "  [[ $line == *[[:space:]] ]] && typed+=('')\n"
      "  local cur=${{typed[-1]}} prev=${{typed[-2]}}\n"
      "  [[ $cur == --*=* ]] && prev=${{cur%%=*}} cur=${{cur#*=}}\n"
      "{4}\n"
      "  # The command, and how many of its arguments stand before the cursor.\n"
      "  for ((i = 1; i < ${{#typed[@]}} - 1; i++)); do\n"
      "    if ((skip)); then\n"
      "      skip=0\n"
      "      continue\n"
      "    fi\n"
      "    case ${{typed[i]}} in\n"
      "    {2}) skip=1 ;;\n"
      "    -?*) ;;\n"
      "    *)\n"
      "      case \"$command ${{typed[i]}}\" in\n"
      "      {3})\n"
      "        command+=\" ${{typed[i]}}\"\n"
      "        arguments=0\n"
      "        ;;\n"
      "      *) ((arguments++)) ;;\n"
      "      esac\n"
      "      ;;\n"
      "    esac\n"
      "  done\n\n"
      "  case \"$command:$prev\" in\n",
      root.name, function, value_options(root), command_patterns(root),
      has_dynamic_words(root) ? kKept : "");
  value_cases(out, root);
  out += "  esac\n\n  if [[ $cur == -* ]]; then\n    case $command in\n";
  option_cases(out, root);
  out +=
      "    esac\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
      "    return\n"
      "  fi\n\n";
  std::string arguments;
  argument_cases(arguments, root);
  if (!arguments.empty()) out += "  case $command:$arguments in\n" + arguments + "  esac\n";
  out += "  words=''\n  case $command:$arguments in\n";
  command_cases(out, root);
  return out + fmt::format(
                   "  esac\n"
                   "  local -a commands\n"
                   "  mapfile -t commands < <(compgen -W \"$words\" -- \"$cur\")\n"
                   "  COMPREPLY+=(\"${{commands[@]}}\")\n"
                   "}}\n"
                   "complete -F {} {}\n",
                   function, root.name);
}

}  // namespace tally::cli
