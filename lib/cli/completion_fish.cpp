// fish: one `complete` line an option, each with the command it belongs to as its condition.
#include "cli/generate.hpp"

namespace tally::cli {
namespace {

// fish knows two escapes between single quotes.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

// "-x -a 'text json'": what may stand for a value. -x takes no file, -F does.
std::string value_words(const CommandParts& root, const Completion& completion) {
  switch (completion.kind) {
    case Completion::Kind::file:
      return " -r -F";
    case Completion::Kind::folder:
      return " -x -a '(__fish_complete_directories)'";
    case Completion::Kind::choices:
      return fmt::format(" -x -a {}",
                         quoted(fmt::format("{}", fmt::join(completion.choices, " "))));
    case Completion::Kind::dynamic:
      return fmt::format(" -x -a '({} --complete {} 2>/dev/null)'", root.name,
                         completion.dynamic_kind);
    case Completion::Kind::none:
      break;
  }
  return " -x";
}

std::string condition(const std::string& function, const CommandParts& command) {
  return fmt::format(" -n {}", quoted(fmt::format("_{} {}", function, quoted(command.path()))));
}

void command_lines(std::string& out, const CommandParts& root, const CommandParts& command) {
  const std::string begin = "complete -c " + root.name;
  const std::string function = function_name(root);
  for (const auto& child : command.children) {
    out += fmt::format("{}{} -a {} -d {}\n", begin, condition(function + "_is", command),
                       child->parts().name, quoted(child->parts().help));
  }
  for (const auto& option : command.options) {
    if (option->hidden) continue;
    out += begin;
    if (!is_inherited(command, *option)) {
      out += condition(function + "_is", command);
    } else if (command.parent != nullptr) {
      out += condition(function + "_below", command);
    }
    if (!option->short_name.empty()) out += " -s " + option->short_name.substr(1);
    if (!option->long_name.empty()) out += " -l " + option->long_name.substr(2);
    if (!option->is_flag()) out += value_words(root, option->completion);
    out += " -d " + quoted(option->help) + "\n";
  }
  for (const auto& argument : command.arguments) {
    if (argument->completion.kind == Completion::Kind::none) continue;
    std::string words = value_words(root, argument->completion);
    // These are no values of an option.
    for (const char* required : {" -r", " -x"}) {
      if (words.starts_with(required)) words.erase(0, 3);
    }
    out += fmt::format("{}{}{} -d {}\n", begin, condition(function + "_is", command), words,
                       quoted(argument->metavar));
  }
}

}  // namespace

std::string fish_completion(const CommandParts& root) {
  std::vector<std::string> paths;
  for_each_command(root, [&](const CommandParts& command) {
    if (command.parent != nullptr) paths.push_back(quoted(command.path()));
  });
  std::string out = fmt::format(
      "# fish completion for {0}, written by {0} --generate fish\n\n"
      "# The command in the words before the cursor.\n"
      "function _{1}_command\n"
      "    set -l command {0}\n"
      "    set -l words (commandline -opc)\n"
      "    set -e words[1]\n"
      "    for word in $words\n"
      "        switch \"$command $word\"\n"
      "            case {2}\n"
      "                set command \"$command $word\"\n"
      "        end\n"
      "    end\n"
      "    echo $command\n"
      "end\n\n"
      "function _{1}_is\n"
      "    test (_{1}_command) = $argv[1]\n"
      "end\n\n"
      "function _{1}_below\n"
      "    string match -q -- \"$argv[1] *\" (_{1}_command)\" \"\n"
      "end\n\n"
      "complete -c {0} -f\n",
      root.name, function_name(root), fmt::join(paths, " "));
  for_each_command(root, [&](const CommandParts& command) { command_lines(out, root, command); });
  return out;
}

}  // namespace tally::cli
