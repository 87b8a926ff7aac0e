// The only file that includes CLI11. It does what CLI11 is good at (clusters of short options,
// --name=value, nested commands, options after them) and hands on plain words, because CLI11's
// precedence of sources, its messages and its exit statuses are not ours.
#include "cli/command_line.hpp"

#include <CLI/CLI.hpp>
#include <utility>

namespace tally::cli {
namespace {

struct Bound {
  const OptionSpec* spec;
  CLI::Option* option;
};

void declare(CLI::App& app, const CommandParts& command, std::vector<Bound>& bound) {
  app.set_help_flag("");
  app.allow_extras();
  app.fallthrough();
  for (const auto& spec : command.options) {
    std::string names = spec->short_name;
    if (!spec->long_name.empty()) names += (names.empty() ? "" : ",") + spec->long_name;
    CLI::Option* option = spec->is_flag() ? app.add_flag(names) : app.add_option(names);
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    // CLI11 checks the number of words itself and would take "[a,b]" apart.
    if (!spec->is_flag()) option->expected(1)->allow_extra_args(false);
    bound.push_back({spec.get(), option});
  }
  for (const auto& child : command.children) {
    declare(*app.add_subcommand(child->parts().name), child->parts(), bound);
  }
  if (!command.children.empty()) app.require_subcommand(0, 1);
}

// CLI11 reads its words from the back. "--name=" is given as two words, or it would take the next
// word for the value.
std::vector<std::string> reversed(const std::vector<std::string>& words, std::size_t count) {
  std::vector<std::string> out;
  for (std::size_t i = count; i-- > 0;) {
    const std::string& word = words[i];
    const bool empty_value = word.starts_with("--") && word.find('=') == word.size() - 1;
    if (empty_value) out.emplace_back();
    out.push_back(empty_value ? word.substr(0, word.size() - 1) : word);
  }
  return out;
}

// CLI11 says "--count: 1 required TEXT missing"; the name is all that is needed of it.
Error missing_value(const std::string& message, const std::vector<Bound>& bound) {
  const std::string name = message.substr(0, message.find(':'));
  for (const auto& [spec, option] : bound) {
    if (option->get_name() == name || spec->long_name == name || spec->short_name == name) {
      return Error{Code::usage, fmt::format("option {} needs a value", spec->name()),
                   fmt::format("write {}", spec->synopsis()), 0};
    }
  }
  return Error{Code::usage, message, {}, 0};
}

// "-7" is a number, and "-,frame=hex" standard input with a key.
bool looks_like_option(const std::string& word) {
  return word.size() > 1 && word[0] == '-' && word[1] != ',' && (word[1] < '0' || word[1] > '9');
}

}  // namespace

Result<CommandLine> split_command_line(const CommandParts& root,
                                       const std::vector<std::string>& words) {
  std::vector<Bound> bound;
  CLI::App app;
  declare(app, root, bound);
  // What follows "--" is never an option nor a command.
  std::size_t end = 0;
  while (end < words.size() && words[end] != "--") ++end;
  try {
    app.parse(reversed(words, end));
  } catch (const CLI::ArgumentMismatch& mismatch) {
    return fail(missing_value(mismatch.what(), bound));
  } catch (const CLI::ParseError& error) {
    return fail(Code::usage, error.what());
  }
  CommandLine line;
  line.command = &root;
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    line.command = line.command->child(at->get_name());
  }
  for (const auto& [spec, option] : bound) {
    if (option->count() > 0) line.options[spec] = option->results();
  }
  for (const auto& word : app.remaining(true)) {
    (looks_like_option(word) ? line.unknown : line.words).push_back(word);
  }
  line.words_before_dashes = line.words.size();
  for (std::size_t i = end + 1; i < words.size(); ++i) line.words.push_back(words[i]);
  return line;
}

}  // namespace tally::cli
