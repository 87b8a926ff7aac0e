#include <cstring>
#include <doctest/doctest.h>

#include "core/crc32c.hpp"
#include "core/endian.hpp"
#include "core/hex.hpp"

namespace core = tally::core;

TEST_SUITE_BEGIN("core");

TEST_CASE("hexadecimal goes there and back") {
  const tally::Bytes bytes{0x00, 0x7f, 0xff, 0xa5};
  CHECK(core::to_hex(bytes) == "007fffa5");
  CHECK(core::from_hex("007FfFa5").value() == bytes);
  CHECK(core::from_hex("").value().empty());
}

TEST_CASE("hexadecimal that is not is refused with its place") {
  CHECK(core::from_hex("0").error().code == tally::Code::bad_data);
  CHECK(core::from_hex("0g").error().message == "character 2 is not a hexadecimal digit");
  tally::ByteArray<2> out{};
  CHECK_FALSE(core::from_hex_exact("00", out).has_value());
}

TEST_CASE("integers keep their byte order") {
  tally::ByteArray<8> bytes{};
  core::store_le<std::uint32_t>(bytes.data(), 0x01020304U);
  CHECK(bytes[0] == 4);
  CHECK(core::load_le<std::uint32_t>(bytes.data()) == 0x01020304U);
  core::store_be<std::uint64_t>(bytes.data(), 0x0102030405060708U);
  CHECK(bytes[0] == 1);
  CHECK(core::load_be<std::uint64_t>(bytes.data()) == 0x0102030405060708U);
}

TEST_CASE("crc32c gives the check values of RFC 3720") {
  CHECK(core::crc32c(core::as_bytes("123456789")) == 0xE3069283U);
  CHECK(core::crc32c(tally::Bytes(32, 0)) == 0x8A9136AAU);
  CHECK(core::crc32c(tally::Bytes(32, 0xff)) == 0x62A8AB43U);
}

TEST_SUITE_END();
