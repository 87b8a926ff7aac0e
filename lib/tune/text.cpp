#include "tune/text.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <fmt/format.h>

namespace tally::tune {
namespace {

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\0';
}
bool is_printable(char c) {
  return c >= 0x20 && c < 0x7f;
}

}  // namespace

std::string normalised(std::string_view raw) {
  while (!raw.empty() && is_space(raw.back())) raw.remove_suffix(1);
  while (!raw.empty() && is_space(raw.front())) raw.remove_prefix(1);
  return raw == "(null)" ? std::string() : std::string(raw);
}

bool is_plain_text(std::string_view raw) {
  return std::all_of(raw.begin(), raw.end(),
                     [](char c) { return is_printable(c) || c == '\n' || c == '\t'; });
}

std::string printable(std::string_view raw) {
  constexpr std::size_t kMost = 64;
  std::string text;
  for (const char c : raw.substr(0, kMost)) {
    text += is_printable(c) ? std::string(1, c)
                            : fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return raw.size() > kMost ? text + "..." : text;
}

Result<std::string> chosen_word(std::string_view text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos) return normalised(text);
  const std::size_t close = text.find(']', open);
  if (close == std::string_view::npos || close == open + 1) {
    return fail(Code::bad_data, fmt::format("'{}' has no word in brackets", printable(text)));
  }
  return std::string(text.substr(open + 1, close - open - 1));
}

Result<std::vector<int>> parse_cpu_mask(std::string_view text) {
  const std::string value = normalised(text);
  const auto bad = [&] {
    return fail(Code::bad_data, fmt::format("'{}' is not a processor mask", printable(value)));
  };
  std::vector<std::uint32_t> words;
  for (std::string_view rest = value;;) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    std::uint32_t word = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), word, 16);
    if (error != std::errc{} || end != part.data() + part.size() || words.size() == 2048) {
      return bad();
    }
    words.push_back(word);
    if (comma == std::string_view::npos) break;
    rest = rest.substr(comma + 1);
  }
  // The kernel prints the most significant word first.
  std::reverse(words.begin(), words.end());
  std::vector<int> cpus;
  for (std::size_t i = 0; i < words.size(); ++i) {
    for (std::uint32_t left = words[i]; left != 0; left &= left - 1) {
      cpus.push_back(static_cast<int>(i) * 32 + std::countr_zero(left));
    }
  }
  return cpus;
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) {
    return fail(Code::bad_data, fmt::format("'{}' is not a whole number", printable(text)));
  }
  return value;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text) {
    if (!is_space(c)) {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) words.push_back(std::move(word));
  return words;
}

std::string shell_quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string printf_format(std::string_view bytes) {
  std::string format;
  for (const char c : bytes) {
    if (c == '\n') {
      format += "\\n";
    } else if (c == '%') {
      format += "%%";
    } else if (c == '\\') {
      format += "\\\\";
    } else if (is_printable(c)) {
      format += c;
    } else {
      format += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
    }
  }
  return shell_quoted(format);
}

}  // namespace tally::tune
