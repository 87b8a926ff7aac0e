#include "cli/values.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace tally::cli {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

Result<Value> read_bool(const std::string& word) {
  for (const char* yes : {"true", "1", "yes", "on"}) {
    if (word == yes) return Value{true};
  }
  for (const char* no : {"false", "0", "no", "off", ""}) {
    if (word == no) return Value{false};
  }
  return fail(Code::usage, fmt::format("'{}' is neither true nor false", word),
              "write true or false");
}

// -v given three times is three words "true"; a variable or a file says the number itself.
Result<Value> read_count(const std::vector<std::string>& words) {
  int times = 0;
  for (const auto& word : words) {
    int number = 0;
    const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
    const bool is_number = problem == std::errc{} && end == word.data() + word.size();
    if (is_number && number >= 0 && number <= 9) {
      times += number;
      continue;
    }
    TALLY_TRY(const Value truth, read_bool(word));
    times += std::get<bool>(truth) ? 1 : 0;
  }
  return Value{Count{times}};
}

template <typename Number>
Result<Value> read_number(const std::string& word, const char* what) {
  Number number{};
  const auto [end, problem] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (problem == std::errc::result_out_of_range) {
    return fail(Code::usage, fmt::format("'{}' is too large", word));
  }
  if (problem != std::errc{} || end != word.data() + word.size()) {
    return fail(Code::usage, fmt::format("'{}' is not a {}", word, what));
  }
  return Value{number};
}

// A list of choices in words: "text, json or csv".
std::string join(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

Status out_of_range(const std::string& given, const std::string& min, const std::string& max) {
  return fail(Code::usage, fmt::format("{} is not between {} and {}", given, min, max));
}

Status check_choice(const OptionSpec& option, const std::string& word) {
  const auto& choices = option.completion.choices;
  if (!option.closed_choices || std::find(choices.begin(), choices.end(), word) != choices.end()) {
    return {};
  }
  return fail(Code::usage, fmt::format("'{}' is not {}", word, join(choices)),
              suggestion(word, choices));
}

}  // namespace

Result<Value> value_from_words(const OptionSpec& option, const std::vector<std::string>& words) {
  const std::string& last = words.back();
  return std::visit(
      Overloaded{
          [&](const bool*) { return read_bool(last); },
          [&](const Count*) { return read_count(words); },
          [&](const std::string*) -> Result<Value> { return Value{last}; },
          [&](const std::vector<std::string>*) -> Result<Value> { return Value{words}; },
          [&](const std::int64_t*) { return read_number<std::int64_t>(last, "whole number"); },
          [&](const double*) { return read_number<double>(last, "number"); },
          [&](const Duration*) -> Result<Value> {
            return parse_duration(last).map([](Duration d) { return Value{d}; });
          },
          [&](const ByteSize*) -> Result<Value> {
            return parse_size(last).map([](ByteSize s) { return Value{s}; });
          },
      },
      option.target);
}

Status check_value(const OptionSpec& option, const Value& value) {
  if (const auto* word = std::get_if<std::string>(&value)) return check_choice(option, *word);
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    if (*number < option.min || *number > option.max) {
      return out_of_range(std::to_string(*number), std::to_string(option.min),
                          std::to_string(option.max));
    }
  }
  if (const auto* number = std::get_if<double>(&value)) {
    if (!(*number >= option.min_real && *number <= option.max_real)) {
      return out_of_range(fmt::format("{}", *number), fmt::format("{}", option.min_real),
                          fmt::format("{}", option.max_real));
    }
  }
  return {};
}

Value bound_value(const OptionSpec& option) {
  return std::visit([](const auto* variable) { return Value{*variable}; }, option.target);
}

void bind_value(const OptionSpec& option, const Value& value) {
  std::visit(
      [&](auto* variable) { *variable = std::get<std::decay_t<decltype(*variable)>>(value); },
      option.target);
}

std::string value_to_text(const Value& value) {
  return std::visit(Overloaded{
                        [](bool truth) { return std::string(truth ? "true" : ""); },
                        [](Count) { return std::string(); },
                        [](const std::string& text) { return text; },
                        [](const std::vector<std::string>& words) {
                          return fmt::format("{}", fmt::join(words, " "));
                        },
                        [](std::int64_t number) { return std::to_string(number); },
                        [](double number) { return fmt::format("{}", number); },
                        [](Duration duration) { return to_text(duration); },
                        [](ByteSize size) { return to_text(size); },
                    },
                    value);
}

namespace {

// A basic string of TOML: quotes, backslashes and control characters escaped.
std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string toml_list(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "" : ", ") + quoted(word);
  return "[" + list + "]";
}

// TOML keeps 1 and 1.0 apart and has words of its own for what is not finite.
std::string toml_real(double number) {
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  return fmt::format("{:#}", number);
}

}  // namespace

std::string value_to_toml(const Value& value) {
  return std::visit(Overloaded{
                        [](bool truth) { return std::string(truth ? "true" : "false"); },
                        [](Count count) { return std::to_string(count.times); },
                        [](const std::string& text) { return quoted(text); },
                        [](const std::vector<std::string>& words) { return toml_list(words); },
                        [](std::int64_t number) { return std::to_string(number); },
                        [](double number) { return toml_real(number); },
                        [](Duration duration) { return quoted(to_text(duration)); },
                        [](ByteSize size) { return quoted(to_text(size)); },
                    },
                    value);
}

}  // namespace tally::cli
