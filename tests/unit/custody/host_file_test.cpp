#include "custody/host_file.hpp"

#include <doctest/doctest.h>

#include "core/crc32c.hpp"
#include "core/endian.hpp"

namespace core = tally::core;
namespace custody = tally::custody;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::Code;

namespace {

const ByteView kPassphrase = core::as_bytes("correct horse");

ByteArray<32> sample_secret() {
  ByteArray<32> secret;
  secret.fill(7);
  return secret;
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("a host key opens with its passphrase and with no other") {
  const auto secret = sample_secret();
  const auto file = custody::seal_host_key(secret, kPassphrase, custody::kWeakestKdf);
  REQUIRE(file.has_value());
  CHECK(file->size() == custody::kHostFileBytes);
  const auto sealed = custody::parse_host_key(*file);
  REQUIRE(sealed.has_value());
  CHECK(sealed->pub == tally::mpc::host_key(secret)->pub);
  const auto opened = custody::open_host_key(*sealed, kPassphrase);
  REQUIRE(opened.has_value());
  CHECK(core::equal_constant_time(opened->bytes(), secret));
  CHECK(custody::open_host_key(*sealed, core::as_bytes("correct hors")).error().code ==
        Code::permission);
  CHECK_FALSE(custody::seal_host_key(ByteArray<32>{}, kPassphrase, custody::kWeakestKdf));
}

TEST_CASE("every cut and every flipped bit of a host key file is malformed data") {
  const auto file = custody::seal_host_key(sample_secret(), kPassphrase, custody::kWeakestKdf);
  REQUIRE(file.has_value());
  for (std::size_t size = 0; size <= file->size() + 1; ++size) {
    if (size == file->size()) continue;
    Bytes changed = *file;
    changed.resize(size);
    CHECK(custody::parse_host_key(changed).error().code == Code::bad_data);
  }
  for (std::size_t at = 0; at < file->size(); ++at) {
    Bytes changed = *file;
    changed[at] ^= 0x10;
    CHECK(custody::parse_host_key(changed).error().code == Code::bad_data);
  }
  // With the checksum made right again: the public key and the sealed part are bound.
  for (const std::size_t at : {std::size_t{40}, std::size_t{100}, std::size_t{140}}) {
    Bytes changed = *file;
    changed[at] ^= 1;
    core::store_le(&changed[177], core::crc32c(ByteView(changed).first(177)));
    const auto sealed = custody::parse_host_key(changed);
    REQUIRE(sealed.has_value());
    CHECK(custody::open_host_key(*sealed, kPassphrase).error().code == Code::bad_data);
  }
}

TEST_SUITE_END();
