#include "custody/share_file.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crc32c.hpp"
#include "core/endian.hpp"
#include "core/file.hpp"
#include "sample.hpp"
#include "support/folder.hpp"

namespace core = tally::core;
namespace custody = tally::custody;
using tally::Bytes;
using tally::ByteView;
using tally::Code;
using tally::test::sample_dealing;

namespace {

const ByteView kPassphrase = core::as_bytes("correct horse");

tally::mpc::Share sample_share() {
  return sample_dealing().share(1).value();
}

Bytes sample_file() {
  return custody::seal_share(sample_share(), kPassphrase, custody::kWeakestKdf).value();
}

// Makes the checksum right again, as someone who changes a file on purpose would.
void repair_checksum(Bytes& file) {
  core::store_le(file.data() + file.size() - 4,
                 core::crc32c(ByteView(file).first(file.size() - 4)));
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("a share opens with its passphrase and with no other") {
  const auto file = sample_file();
  const auto sealed = custody::parse_share(file);
  REQUIRE(sealed.has_value());
  CHECK(sealed->facts.party == 1);
  CHECK(sealed->facts.group.encode() == sample_dealing().group().encode());
  const auto share = custody::open_share(*sealed, kPassphrase);
  REQUIRE(share.has_value());
  CHECK(share->id() == 1);
  CHECK(core::equal_constant_time(share->secret_bytes(), sample_share().secret_bytes()));

  const auto wrong = custody::open_share(*sealed, core::as_bytes("correct hors"));
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().code == Code::permission);
  CHECK(wrong.error().message == "wrong passphrase, or the file was changed");
}

TEST_CASE("two files of one share have nothing secret in common") {
  const auto first = sample_file();
  const auto second = sample_file();
  const auto share = sample_share();
  const auto secret = share.secret_bytes();
  CHECK(std::search(first.begin(), first.end(), secret.begin(), secret.end()) == first.end());
  CHECK_FALSE(std::equal(first.end() - 52, first.end(), second.end() - 52));
}

TEST_CASE("every cut and every flipped bit of a share file is malformed data") {
  const auto file = sample_file();
  for (std::size_t size = 0; size < file.size(); ++size) {
    const auto read = custody::parse_share(ByteView(file).first(size));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Code::bad_data);
  }
  for (std::size_t at = 0; at < file.size(); ++at) {
    auto changed = file;
    changed[at] ^= 0x10;
    const auto read = custody::parse_share(changed);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Code::bad_data);
  }
  auto longer = file;
  longer.push_back(0);
  CHECK_FALSE(custody::parse_share(longer).has_value());
}

TEST_CASE("a hostile header cannot ask for memory or time without bound") {
  struct Lie {
    std::uint64_t memory_bytes;
    std::uint32_t passes;
  };
  for (const Lie lie :
       {Lie{std::uint64_t{64} << 30U, 2}, Lie{1024, 2}, Lie{~std::uint64_t{0}, 2},
        Lie{std::uint64_t{64} << 20U, 1}, Lie{std::uint64_t{64} << 20U, 0xffffffffU}}) {
    auto file = sample_file();
    core::store_le(&file[12], lie.passes);
    core::store_le(&file[16], lie.memory_bytes);
    repair_checksum(file);
    const auto read = custody::parse_share(file);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().message.starts_with("key derivation with"));
  }
}

TEST_CASE("a changed header or sealed part with a right checksum does not open") {
  const auto file = sample_file();
  SUBCASE("nonce") {
    auto changed = file;
    changed[40] ^= 1;
    repair_checksum(changed);
    const auto sealed = custody::parse_share(changed);
    REQUIRE(sealed.has_value());
    const auto share = custody::open_share(*sealed, kPassphrase);
    REQUIRE_FALSE(share.has_value());
    CHECK(share.error().code == Code::bad_data);
  }
  SUBCASE("party, which is bound by the associated data alone") {
    auto changed = file;
    changed[132] = 2;
    repair_checksum(changed);
    const auto sealed = custody::parse_share(changed);
    REQUIRE(sealed.has_value());
    CHECK_FALSE(custody::open_share(*sealed, kPassphrase).has_value());
  }
  SUBCASE("tag") {
    auto changed = file;
    changed[changed.size() - 5] ^= 1;
    repair_checksum(changed);
    CHECK_FALSE(custody::open_share(custody::parse_share(changed).value(), kPassphrase));
  }
  SUBCASE("salt") {
    auto changed = file;
    changed[24] ^= 1;
    repair_checksum(changed);
    const auto share = custody::open_share(custody::parse_share(changed).value(), kPassphrase);
    REQUIRE_FALSE(share.has_value());
    CHECK(share.error().code == Code::permission);
  }
}

TEST_CASE("a header that contradicts its group is refused") {
  auto file = sample_file();
  for (const std::size_t at :
       {std::size_t{96}, std::size_t{128}, std::size_t{134}, std::size_t{136}}) {
    auto changed = file;
    changed[at] ^= 1;
    repair_checksum(changed);
    CHECK_FALSE(custody::parse_share(changed).has_value());
  }
  file[132] = 3;
  repair_checksum(file);
  CHECK_FALSE(custody::parse_share(file).has_value());
}

TEST_CASE("a share file of the first version says so") {
  auto file = sample_file();
  file[8] = 1;
  repair_checksum(file);
  const auto read = custody::parse_share(file);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().message == "share file of version 1");
  CHECK(read.error().hint == "this program reads version 2");
}

TEST_CASE("a share file that others may read is refused with the command that mends it") {
  const tally::test::Folder folder;
  const std::string path = folder.file("a.share");
  REQUIRE(core::create_file(path, sample_file(), 0600).has_value());
  CHECK(custody::read_share_file(path).has_value());
  for (const mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
    REQUIRE(::chmod(path.c_str(), mode) == 0);
    const auto read = custody::read_share_file(path);
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Code::permission);
    CHECK(read.error().hint == "chmod 600 " + path);
  }
  CHECK(custody::read_share_file(folder.file("none")).error().code == Code::no_input);
}

TEST_SUITE_END();
