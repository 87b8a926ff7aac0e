// Fixed-width integers in little- and big-endian bytes. `at` points at sizeof(integer) bytes with
// no alignment asked of it. Any thread; append_* allocates as the vector does.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>

#include "core/bytes.hpp"

namespace tally::core {

template <std::unsigned_integral T>
[[nodiscard]] constexpr T byteswap(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2) return __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) return __builtin_bswap64(value);
}

template <std::unsigned_integral T>
[[nodiscard]] T load_le(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::big) value = byteswap(value);
  return value;
}
template <std::unsigned_integral T>
void store_le(std::uint8_t* at, T value) {
  if constexpr (std::endian::native == std::endian::big) value = byteswap(value);
  std::memcpy(at, &value, sizeof value);
}
template <std::unsigned_integral T>
[[nodiscard]] T load_be(const std::uint8_t* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  if constexpr (std::endian::native == std::endian::little) value = byteswap(value);
  return value;
}
template <std::unsigned_integral T>
void store_be(std::uint8_t* at, T value) {
  if constexpr (std::endian::native == std::endian::little) value = byteswap(value);
  std::memcpy(at, &value, sizeof value);
}

template <std::unsigned_integral T>
void append_le(Bytes& out, T value) {
  out.resize(out.size() + sizeof value);
  store_le(out.data() + out.size() - sizeof value, value);
}
template <std::unsigned_integral T>
void append_be(Bytes& out, T value) {
  out.resize(out.size() + sizeof value);
  store_be(out.data() + out.size() - sizeof value, value);
}

}  // namespace tally::core
