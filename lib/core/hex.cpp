#include "core/hex.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace tally::core {
namespace {

// The value of each character, -1 for what is no digit.
constexpr auto kValues = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::uint8_t i = 0; i < 10; ++i) values[std::size_t{'0'} + i] = static_cast<std::int8_t>(i);
  for (std::uint8_t i = 10; i < 16; ++i) {
    values[std::size_t{'a'} + i - 10] = static_cast<std::int8_t>(i);
    values[std::size_t{'A'} + i - 10] = static_cast<std::int8_t>(i);
  }
  return values;
}();

int digit_value(char c) {
  return kValues[static_cast<unsigned char>(c)];
}

}  // namespace

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    text[2 * i] = kDigits[bytes[i] >> 4U];
    text[2 * i + 1] = kDigits[bytes[i] & 15U];
  }
  return text;
}

Status from_hex_exact(std::string_view text, MutableByteView out) {
  if (text.size() != out.size() * 2) {
    return fail(Code::bad_data, fmt::format("expected {} hexadecimal digits, found {} characters",
                                            out.size() * 2, text.size()));
  }
  int wrong = 0;  // negative once something was no digit
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit_value(text[2 * i]);
    const int low = digit_value(text[2 * i + 1]);
    wrong |= high | low;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  if (wrong >= 0) return {};
  const auto at = std::find_if(text.begin(), text.end(), [](char c) { return digit_value(c) < 0; });
  return fail(Code::bad_data,
              fmt::format("character {} is not a hexadecimal digit", at - text.begin() + 1));
}

Result<Bytes> from_hex(std::string_view text) {
  if (text.size() % 2 != 0) {
    return fail(Code::bad_data,
                fmt::format("{} hexadecimal digits do not make whole bytes", text.size()));
  }
  Bytes bytes(text.size() / 2);
  TALLY_CHECK(from_hex_exact(text, bytes));
  return bytes;
}

}  // namespace tally::core
