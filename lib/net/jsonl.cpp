#include "net/jsonl.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

namespace tally::net {
namespace {

int digit_value(std::uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

enum class Key { sequence, time_ns, flags, source, payload, other };
constexpr std::array<std::string_view, 5> kKeys{"seq", "time_ns", "flags", "source", "payload"};

Key key_named(std::string_view name) {
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (kKeys[i] == name) return static_cast<Key>(i);
  }
  return Key::other;
}

class Scanner {
 public:
  explicit Scanner(MutableByteView text) : text_(text) {}

  bool take(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != static_cast<std::uint8_t>(wanted)) return false;
    ++at_;
    return true;
  }

  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

  // A string without its quotes; escapes are stepped over, not undone.
  bool take_string(MutableByteView& content) {
    if (!take('"')) return false;
    const std::size_t start = at_;
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] < 0x20) return false;
      if (text_[at_] == '\\') {
        ++at_;
      } else if (text_[at_] == '"') {
        content = text_.subspan(start, at_++ - start);
        return true;
      }
    }
    return false;
  }

  // A whole number without sign, up to `max`.
  bool take_number(std::uint64_t max, std::uint64_t& number) {
    const std::string_view word = take_word();
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
    return failure == std::errc{} && end == word.data() + word.size() && number <= max;
  }

  // A string, number, true, false or null of no interest.
  bool skip_plain() {
    skip_space();
    MutableByteView ignored;
    if (at_ < text_.size() && text_[at_] == '"') return take_string(ignored);
    const std::string_view word = take_word();
    if (word == "true" || word == "false" || word == "null") return true;
    double number = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
    return failure == std::errc{} && end == word.data() + word.size();
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\r')) {
      ++at_;
    }
  }

  // Everything up to the next character that ends a plain value.
  std::string_view take_word() {
    skip_space();
    const std::size_t start = at_;
    while (at_ < text_.size() &&
           std::string_view(",}]:\" \t\r").find(static_cast<char>(text_[at_])) ==
               std::string_view::npos) {
      ++at_;
    }
    return core::as_text(text_.subspan(start, at_ - start));
  }

  MutableByteView text_;
  std::size_t at_ = 0;
};

const char* take_payload(Scanner& scanner, Record& record) {
  MutableByteView digits;
  if (!scanner.take_string(digits)) return "payload is no string";
  if (digits.size() > 2 * kMaxPayloadBytes) return "payload is longer than 65536 bytes";
  std::size_t bad_at = 0;
  const std::size_t length = decode_hex_in_place(digits, bad_at);
  if (length == SIZE_MAX) return "payload is not hexadecimal";
  record.payload = digits.first(length);
  return nullptr;
}

const char* take_value(Scanner& scanner, Key key, Record& record) {
  std::uint64_t number = 0;
  constexpr std::uint64_t kMax16 = std::numeric_limits<std::uint16_t>::max();
  switch (key) {
    case Key::sequence:
      return scanner.take_number(UINT64_MAX, record.sequence) ? nullptr : "seq is no u64";
    case Key::time_ns:
      return scanner.take_number(UINT64_MAX, record.time_ns) ? nullptr : "time_ns is no u64";
    case Key::flags:
      if (!scanner.take_number(kMax16, number)) return "flags is no u16";
      record.flags = static_cast<std::uint16_t>(number);
      return nullptr;
    case Key::source:
      if (!scanner.take_number(kMax16, number)) return "source is no u16";
      record.source = static_cast<std::uint16_t>(number);
      return nullptr;
    case Key::payload:
      return take_payload(scanner, record);
    case Key::other:
      return scanner.skip_plain() ? nullptr : "an unknown key's value is not plain";
  }
  return "unknown key";
}

}  // namespace

std::size_t decode_hex_in_place(MutableByteView digits, std::size_t& bad_at) {
  // Writing at i / 2 never passes the digits read at i and i + 1.
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int high = digit_value(digits[i]);
    const int low = digit_value(digits[i + 1]);
    if (high < 0 || low < 0) {
      bad_at = high < 0 ? i : i + 1;
      return SIZE_MAX;
    }
    digits[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
  }
  if (digits.size() % 2 == 0) return digits.size() / 2;
  bad_at = digits.size();
  return SIZE_MAX;
}

const char* parse_jsonl(MutableByteView line, Record& record) {
  Scanner scanner(line);
  unsigned seen = 0;
  if (!scanner.take('{')) return "not a JSON object";
  bool more = !scanner.take('}');
  while (more) {
    MutableByteView name;
    if (!scanner.take_string(name) || !scanner.take(':')) return "expected \"key\":";
    const Key key = key_named(core::as_text(name));
    const unsigned bit = key == Key::other ? 0U : 1U << static_cast<unsigned>(key);
    if ((seen & bit) != 0) return "a key is there twice";
    seen |= bit;
    if (const char* const wrong = take_value(scanner, key, record)) return wrong;
    more = scanner.take(',');
    if (!more && !scanner.take('}')) return "expected , or }";
  }
  if (!scanner.at_end()) return "something follows the object";
  const bool has_payload = (seen & 1U << static_cast<unsigned>(Key::payload)) != 0;
  return has_payload ? nullptr : "there is no payload";
}

}  // namespace tally::net
