#include "cli/registry.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "core/suggest.hpp"

namespace tally::cli {

std::string key_of(std::string_view word) {
  std::string key(word);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

std::string OptionSpec::key() const {
  return key_of(std::string_view(name()).substr(long_name.empty() ? 1 : 2));
}

std::string OptionSpec::synopsis() const {
  std::string text = short_name;
  if (!long_name.empty()) text += (text.empty() ? "" : ", ") + long_name;
  if (!metavar.empty()) text += " " + metavar;
  return text;
}

std::string CommandParts::path() const {
  return parent == nullptr ? name : parent->path() + " " + name;
}

const CommandParts& CommandParts::root() const {
  return parent == nullptr ? *this : parent->root();
}

CommandParts* CommandParts::child(std::string_view child_name) const {
  for (const auto& command : children) {
    if (command->parts().name == child_name) return &command->parts();
  }
  return nullptr;
}

std::vector<std::string> CommandParts::child_names() const {
  std::vector<std::string> names;
  names.reserve(children.size());
  for (const auto& command : children) names.push_back(command->parts().name);
  return names;
}

bool CommandParts::needs_argument() const {
  return std::any_of(arguments.begin(), arguments.end(), [](const auto& a) { return a->required; });
}

bool is_inherited(const CommandParts& command, const OptionSpec& option) {
  return option.everywhere || command.arguments.empty();
}

std::vector<const OptionSpec*> namesakes_above(const OptionSpec& option) {
  std::vector<const OptionSpec*> found;
  for (const auto* at = option.owner->parent; at != nullptr; at = at->parent) {
    for (const auto& above : at->options) {
      const bool same_kind = above->target.index() == option.target.index();
      if (same_kind && above->name() == option.name()) found.push_back(above.get());
    }
  }
  return found;
}

std::vector<const OptionSpec*> visible_options(const CommandParts& command) {
  std::vector<const OptionSpec*> options;
  for (const auto* at = &command; at != nullptr; at = at->parent) {
    for (const auto& option : at->options) {
      const bool hidden = std::any_of(options.begin(), options.end(), [&](const auto* nearer) {
        return nearer->name() == option->name();
      });
      if (at == &command || (is_inherited(*at, *option) && !hidden)) {
        options.push_back(option.get());
      }
    }
  }
  return options;
}

std::string environment_name(const CommandParts& root, const OptionSpec& option) {
  std::string name = key_of(root.name) + "_" + option.key();
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return name;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& known,
                       std::string otherwise) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  return core::did_you_mean(word, views, std::move(otherwise));
}

}  // namespace tally::cli
