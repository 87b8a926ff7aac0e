#include "core/hex.hpp"

#include <fmt/format.h>

namespace tally::core {
namespace {

int digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(kDigits[byte >> 4U]);
    text.push_back(kDigits[byte & 15U]);
  }
  return text;
}

Status from_hex_exact(std::string_view text, MutableByteView out) {
  if (text.size() != out.size() * 2) {
    return fail(Code::bad_data, fmt::format("expected {} hexadecimal digits, found {} characters",
                                            out.size() * 2, text.size()));
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int value = digit_value(text[i]);
    if (value < 0) {
      return fail(Code::bad_data, fmt::format("character {} is not a hexadecimal digit", i + 1));
    }
    auto& byte = out[i / 2];
    byte = static_cast<std::uint8_t>(i % 2 == 0 ? value << 4 : byte | value);
  }
  return {};
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
