#include "cli/help.hpp"

#include <algorithm>
#include <utility>

#include "cli/values.hpp"

namespace tally::cli {
namespace {

constexpr std::size_t kWidth = 80;

using Row = std::pair<std::string, std::string>;

// Words of `text` in lines that begin at column `indent` and end before kWidth.
std::string wrapped(const std::string& text, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::size_t length = end - at;
    if (column > indent && column + 1 + length > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out.append(text, at, length);
    column += length;
    at = std::min(end + 1, text.size());
  }
  return out;
}

// Two columns; a long left side stands on a line of its own.
std::string table(const std::vector<Row>& rows) {
  constexpr std::size_t kLongest = 26;
  std::size_t left = 0;
  for (const auto& [name, text] : rows) {
    if (name.size() <= kLongest) left = std::max(left, name.size());
  }
  const std::size_t indent = 2 + left + 2;
  std::string out;
  for (const auto& [name, text] : rows) {
    out += "  " + name;
    if (name.size() > left) {
      out += "\n" + std::string(indent, ' ');
    } else {
      out += std::string(indent - 2 - name.size(), ' ');
    }
    out += wrapped(text, indent) + "\n";
  }
  return out;
}

void section(std::string& out, const char* title, const std::vector<Row>& rows) {
  if (!rows.empty()) out += fmt::format("\n{}:\n{}", title, table(rows));
}

std::string described(const OptionSpec& option) {
  // A default that no one could write means not set.
  const Value bound = bound_value(option);
  const std::string value = check_value(option, bound) ? value_to_text(bound) : "";
  return value.empty() ? option.help : fmt::format("{} (default {})", option.help, value);
}

std::vector<Row> option_rows(const CommandParts& command) {
  std::vector<Row> rows;
  for (const auto& option : command.options) {
    if (!option->hidden && !option->everywhere) {
      rows.emplace_back(option->synopsis(), described(*option));
    }
  }
  return rows;
}

std::vector<Row> command_rows(const CommandParts& command) {
  std::vector<Row> rows;
  for (const auto& child : command.children) {
    rows.emplace_back(child->parts().name, child->parts().help);
  }
  return rows;
}

std::vector<Row> argument_rows(const CommandParts& command) {
  std::vector<Row> rows;
  for (const auto& argument : command.arguments) {
    rows.emplace_back(argument->metavar, argument->help);
  }
  return rows;
}

std::string usage(const CommandParts& command) {
  std::string out;
  if (command.handler) out += fmt::format("usage: {}\n", usage_line(command));
  if (!command.children.empty()) {
    out += fmt::format("{} {} COMMAND ...\n", out.empty() ? "usage:" : "      ", command.path());
  }
  return out;
}

// What is not the command's own.
void inherited_options(std::string& out, const CommandParts& command) {
  std::vector<Row> inherited;
  std::vector<Row> everywhere;
  for (const auto* option : visible_options(command)) {
    if (option->hidden) continue;
    const bool own = std::any_of(command.options.begin(), command.options.end(),
                                 [&](const auto& mine) { return mine.get() == option; });
    if (option->everywhere) {
      everywhere.emplace_back(option->synopsis(), described(*option));
    } else if (!own) {
      inherited.emplace_back(option->synopsis(), described(*option));
    }
  }
  section(out, "options of the commands above", inherited);
  section(out, "options of every command", everywhere);
}

}  // namespace

std::string usage_line(const CommandParts& command) {
  std::string line = command.path() + " [OPTIONS]";
  for (const auto& argument : command.arguments) {
    const std::string word = (argument->after_dashes ? "-- " : "") + argument->metavar +
                             (argument->takes_all() ? "..." : "");
    line += argument->required ? " " + word : " [" + word + "]";
  }
  return line;
}

std::string short_help(const CommandParts& command) {
  std::string out = fmt::format("{}: {}\n\n{}", command.path(), command.help, usage(command));
  section(out, "commands", command_rows(command));
  if (!command.examples.empty()) out += "\nexample:\n  " + command.examples.front() + "\n";
  return out + fmt::format("\n{} --help says more\n", command.path());
}

std::string full_help(const CommandParts& command) {
  std::string out = fmt::format("{}: {}\n\n{}", command.path(), command.help, usage(command));
  if (!command.examples.empty()) out += "\nexamples:\n";
  for (const auto& example : command.examples) out += "  " + example + "\n";
  section(out, "commands", command_rows(command));
  section(out, "arguments", argument_rows(command));
  section(out, "options", option_rows(command));
  inherited_options(out, command);
  return out;
}

}  // namespace tally::cli
