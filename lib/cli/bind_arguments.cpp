#include <algorithm>
#include <cstddef>

#include "cli/command_line.hpp"

namespace tally::cli {
namespace {

std::string see_help(const CommandParts& command) {
  return fmt::format("{} --help shows the usage", command.path());
}

// An option of another command, the one thing better than a similar name.
const CommandParts* owner_of(const CommandParts& root, const std::string& name) {
  const CommandParts* owner = nullptr;
  for_each_command(root, [&](const CommandParts& command) {
    for (const auto& option : command.options) {
      const bool same = option->long_name == name || option->short_name == name;
      if (same && !option->hidden && owner == nullptr) owner = &command;
    }
  });
  return owner;
}

Error unknown_option(const CommandParts& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  if (const auto* owner = owner_of(command.root(), name)) {
    return Error{Code::usage, fmt::format("{} takes no option {}", command.path(), name),
                 fmt::format("{} does: {} --help", owner->path(), owner->path()), 0};
  }
  std::vector<std::string> known;
  for (const auto* option : visible_options(command)) {
    if (!option->hidden && !option->long_name.empty()) known.push_back(option->long_name);
  }
  return Error{Code::usage, fmt::format("unknown option '{}'", name),
               suggestion(name, known, see_help(command)), 0};
}

Error unexpected_word(const CommandParts& command, const std::string& word) {
  if (!command.children.empty() && command.arguments.empty()) {
    return Error{Code::usage, fmt::format("unknown command '{}'", word),
                 suggestion(word, command.child_names(), see_help(command)), 0};
  }
  return Error{Code::usage, fmt::format("unexpected argument '{}'", word), see_help(command), 0};
}

}  // namespace

Status refuse_unknown(const CommandLine& line) {
  const CommandParts& command = *line.command;
  // A mistyped command comes first: what looks wrong behind it may well be right for the command
  // that was meant.
  if (command.arguments.empty() && !line.words.empty()) {
    return fail(unexpected_word(command, line.words.front()));
  }
  if (!line.unknown.empty()) return fail(unknown_option(command, line.unknown.front()));
  for (const auto& [option, words] : line.options) {
    bool visible = false;
    for (const auto* known : visible_options(command)) {
      const auto above = namesakes_above(*known);
      visible = visible || known == option ||
                std::find(above.begin(), above.end(), option) != above.end();
    }
    if (!visible) return fail(unknown_option(command, option->name()));
  }
  return {};
}

Status bind_arguments(const CommandLine& line) {
  const CommandParts& command = *line.command;
  const bool raw = std::any_of(command.arguments.begin(), command.arguments.end(),
                               [](const auto& argument) { return argument->after_dashes; });
  const std::size_t end = raw ? line.words_before_dashes : line.words.size();
  const auto words_from = [&](std::size_t begin, std::size_t past) {
    return std::vector<std::string>(line.words.begin() + static_cast<std::ptrdiff_t>(begin),
                                    line.words.begin() + static_cast<std::ptrdiff_t>(past));
  };
  std::size_t next = 0;
  for (const auto& argument : command.arguments) {
    if (argument->after_dashes) break;
    if (next == end) {
      if (!argument->required) break;
      return fail(Code::usage, fmt::format("argument {} is missing", argument->metavar),
                  see_help(command));
    }
    if (argument->takes_all()) {
      *std::get<1>(argument->target) = words_from(next, end);
      next = end;
    } else {
      *std::get<0>(argument->target) = line.words[next++];
    }
  }
  if (next < end) return fail(unexpected_word(command, line.words[next]));
  if (!raw) return {};
  const ArgumentSpec& last = *command.arguments.back();
  if (end == line.words.size())
    return fail(Code::usage, fmt::format("{} is missing after --", last.metavar),
                see_help(command));
  *std::get<1>(last.target) = words_from(end, line.words.size());
  return {};
}

}  // namespace tally::cli
