// The declaring half of app.hpp: each call adds one entry to the registry.
#include <limits>
#include <utility>

#include "cli/registry.hpp"

namespace tally::cli {
namespace {

OptionSpec& add(Command::Parts& parts, const std::string& names, Target target,
                const std::string& metavar, const std::string& help) {
  auto option = std::make_unique<OptionSpec>();
  const auto comma = names.find(',');
  if (comma != std::string::npos) {
    option->short_name = names.substr(0, comma);
    option->long_name = names.substr(comma + 1);
  } else {
    (names.starts_with("--") ? option->long_name : option->short_name) = names;
  }
  option->target = target;
  option->owner = &parts;
  option->metavar = metavar;
  option->help = help;
  parts.options.push_back(std::move(option));
  return *parts.options.back();
}

}  // namespace

Command::Command(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Command::~Command() = default;

Command& Command::flag(const std::string& names, bool& value, const std::string& help) {
  add(*parts_, names, &value, "", help);
  return *this;
}

Command& Command::option(const std::string& names, std::string& value, const std::string& metavar,
                         const std::string& help, Completion completion) {
  add(*parts_, names, &value, metavar, help).completion = std::move(completion);
  return *this;
}

Command& Command::option(const std::string& names, std::vector<std::string>& values,
                         const std::string& metavar, const std::string& help,
                         Completion completion) {
  add(*parts_, names, &values, metavar, help).completion = std::move(completion);
  return *this;
}

Command& Command::option(const std::string& names, std::int64_t& value, const std::string& metavar,
                         const std::string& help, std::int64_t min, std::int64_t max) {
  auto& option = add(*parts_, names, &value, metavar, help);
  option.min = min;
  option.max = max;
  return *this;
}

Command& Command::option(const std::string& names, double& value, const std::string& metavar,
                         const std::string& help, double min, double max) {
  auto& option = add(*parts_, names, &value, metavar, help);
  option.min_real = min;
  option.max_real = max;
  return *this;
}

Command& Command::option(const std::string& names, Duration& value, const std::string& help) {
  add(*parts_, names, &value, "DURATION", help);
  return *this;
}

Command& Command::option(const std::string& names, ByteSize& value, const std::string& help) {
  add(*parts_, names, &value, "SIZE", help);
  return *this;
}

Command& Command::choice(const std::string& names, std::string& value,
                         const std::vector<std::string>& choices, const std::string& help) {
  std::string metavar;
  for (const auto& word : choices) metavar += (metavar.empty() ? "" : "|") + word;
  auto& option = add(*parts_, names, &value, metavar, help);
  option.completion = Completion{Completion::Kind::choices, choices, {}};
  option.closed_choices = true;
  return *this;
}

Command& Command::argument(const std::string& metavar, std::string& value, const std::string& help,
                           bool required, Completion completion) {
  parts_->arguments.push_back(std::make_unique<ArgumentSpec>(
      ArgumentSpec{metavar, &value, help, required, std::move(completion), false}));
  return *this;
}

Command& Command::arguments(const std::string& metavar, std::vector<std::string>& values,
                            const std::string& help, bool required, Completion completion) {
  parts_->arguments.push_back(std::make_unique<ArgumentSpec>(
      ArgumentSpec{metavar, &values, help, required, std::move(completion), false}));
  return *this;
}

Command& Command::words_after_dashes(const std::string& metavar, std::vector<std::string>& values,
                                     const std::string& help) {
  parts_->arguments.push_back(std::make_unique<ArgumentSpec>(ArgumentSpec{
      metavar, &values, help, true, Completion{Completion::Kind::file, {}, {}}, true}));
  return *this;
}

Command& Command::example(const std::string& line) {
  parts_->examples.push_back(line);
  return *this;
}

Command& Command::on_run(Handler handler) {
  parts_->handler = std::move(handler);
  return *this;
}

Command& Command::command(const std::string& name, const std::string& help) {
  auto parts = std::make_unique<Parts>();
  parts->name = name;
  parts->help = help;
  parts->parent = parts_.get();
  parts_->children.push_back(std::make_unique<Command>(std::move(parts)));
  return *parts_->children.back();
}

}  // namespace tally::cli
