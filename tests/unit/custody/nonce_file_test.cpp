#include "custody/nonce_file.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>

#include "core/file.hpp"
#include "mpc/signing_rounds.hpp"
#include "sample.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"
#include "support/memory_image.hpp"

using namespace tally;
using namespace tally::custody;

namespace fs = std::filesystem;

namespace {

using test::Folder;

const Bytes kFirst{1, 2, 3};
const Bytes kSecond{4, 5};

ByteArray<32> filled(std::uint8_t byte) {
  ByteArray<32> bytes{};
  bytes.fill(byte);
  return bytes;
}

struct World {
  World() : share(test::sample_dealing().share(0).value()) {}

  [[nodiscard]] Result<NonceFile> open(const ByteArray<32>& terms = filled(1)) const {
    return NonceFile::open(share_path(), share, terms);
  }
  [[nodiscard]] std::string share_path() const { return folder.file("key-0.share"); }
  [[nodiscard]] mpc::NoncePair draw() const {
    ByteArray<32> random;
    core::random_bytes(random);
    return mpc::nonce_gen(random, {share.secret_bytes(), {}, {}, {}, {}}).value();
  }

  Folder folder;
  mpc::Share share;
};

std::string content(const std::string& path) {
  return core::read_file(path).value();
}

std::string refusal(const World& world) {
  const auto file = world.open();
  REQUIRE_FALSE(file);
  CHECK(file.error().code == Code::bad_data);
  return file.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("a nonce comes back from its file once and the message it made ever after") {
  const World world;
  auto drawn = world.draw();
  const mpc::PubNonce pub = drawn.pub;
  ByteArray<mpc::kSecNonceBytes> expected{};
  drawn.secret.first().encode_to(MutableByteView(expected).first(32));
  drawn.secret.second().encode_to(MutableByteView(expected).subspan(32));
  std::string path;
  {
    auto file = world.open().value();
    CHECK_FALSE(file.begun());
    REQUIRE(file.begin(std::move(drawn), kFirst));
    path = file.path();
  }
  struct stat about {};
  REQUIRE(::stat(path.c_str(), &about) == 0);
  CHECK((about.st_mode & 07777U) == 0600U);
  CHECK(content(path).find(core::as_text(ByteView(expected).first(32))) == std::string::npos);
  {
    auto file = world.open().value();
    CHECK(file.begun());
    CHECK(file.public_nonce() == pub);
    CHECK(file.first_message() == kFirst);
    CHECK(file.second_message().empty());
    auto nonce = file.take(filled(9));
    REQUIRE(nonce);
    ByteArray<mpc::kSecNonceBytes> back{};
    mpc::SecNonce::move_to(std::move(*nonce), back);
    CHECK(back == expected);
    REQUIRE(file.keep(filled(9), kSecond));
  }
  auto file = world.open().value();
  CHECK(file.first_message() == kFirst);
  CHECK(file.second_message() == kSecond);
  CHECK(file.session() == filled(9));
  CHECK(file.take(filled(9)).error().code == Code::permission);
  REQUIRE(file.remove());
  CHECK_FALSE(fs::exists(path));
  CHECK_FALSE(file.begun());
}

TEST_CASE("row 14 a copied nonce file is taken out of once for whatever session") {
  const World world;
  std::string path;
  {
    auto file = world.open().value();
    REQUIRE(file.begin(world.draw(), kFirst));
    path = file.path();
  }
  const std::string copy = world.folder.file("copy");
  fs::copy_file(path, copy);
  REQUIRE(world.open().value().take(filled(9)));
  for (const bool restored : {false, true}) {
    if (restored) fs::copy_file(copy, path, fs::copy_options::overwrite_existing);
    for (const std::uint8_t session : Bytes{9, 8}) {
      auto file = world.open().value();
      CHECK(file.begun());
      const auto nonce = file.take(filled(session));
      REQUIRE_FALSE(nonce);
      CHECK(nonce.error().code == Code::permission);
      CHECK(nonce.error().message == "the nonce of " + path + " was taken before");
    }
  }
}

TEST_CASE("row 14 a nonce is not taken out beside a journal that does not know it") {
  const World world;
  std::string path;
  {
    auto file = world.open().value();
    REQUIRE(file.begin(world.draw(), kFirst));
    path = file.path();
  }
  const std::string journal = world.share_path() + ".used";
  // The share and the nonce under another name, whose journal is made anew.
  const std::string other = world.folder.file("b.share");
  const std::string copy = other + path.substr(world.share_path().size());
  fs::copy_file(path, copy);
  {
    auto file = NonceFile::open(other, world.share, filled(1)).value();
    CHECK(file.begun());
    const auto nonce = file.take(filled(9));
    REQUIRE_FALSE(nonce);
    CHECK(nonce.error().code == Code::permission);
    CHECK(nonce.error().message == "the journal beside " + copy + " does not know its nonce");
    CHECK(file.take(filled(9)).error().code == Code::permission);
  }
  // The journal of before, after the nonce was taken.
  const std::string kept = world.folder.file("kept");
  fs::copy_file(other + ".used", kept);
  const std::string state = world.folder.file("state");
  fs::copy_file(path, state);
  REQUIRE(world.open().value().take(filled(9)));
  for (const bool restored : {false, true}) {
    fs::remove(journal);
    if (restored) fs::copy_file(kept, journal);
    fs::copy_file(state, path, fs::copy_options::overwrite_existing);
    CHECK(world.open().value().take(filled(9)).error().message ==
          "the journal beside " + path + " does not know its nonce");
  }
}

TEST_CASE("terms have a file each and a journal that one process holds") {
  const World world;
  {
    auto first = world.open(filled(1)).value();
    REQUIRE(first.begin(world.draw(), kFirst));
    CHECK(world.open(filled(2)).error().code == Code::try_again);
  }
  {
    auto second = world.open(filled(2)).value();
    CHECK_FALSE(second.begun());
    REQUIRE(second.begin(world.draw(), kSecond));
  }
  CHECK(world.open(filled(1)).value().first_message() == kFirst);
  CHECK(world.open(filled(2)).value().first_message() == kSecond);
}

TEST_CASE("a nonce file opens beside its share only") {
  const World world;
  REQUIRE(world.open().value().begin(world.draw(), kFirst));
  for (const auto& dealing : {test::sample_dealing(2, 3, 8), test::sample_dealing()}) {
    const auto other = dealing.share(1).value();
    const auto file = NonceFile::open(world.share_path(), other, filled(1));
    REQUIRE_FALSE(file);
    CHECK(file.error().code == Code::bad_data);
  }
  // The same share under the next epoch.
  const mpc::GroupKey& group = world.share.group();
  mpc::KeyFacts facts = group.facts();
  ++facts.epoch;
  auto next = mpc::GroupKey::make(2, 3, group.key(),
                                  {group.pubshares().begin(), group.pubshares().end()}, facts);
  const auto later = mpc::Share::make(std::move(*next), 0, world.share.secret_bytes()).value();
  CHECK(NonceFile::open(world.share_path(), later, filled(1)).error().code == Code::bad_data);
}

TEST_CASE("row 4 a nonce file changed cut or extended at any byte is refused") {
  const World world;
  std::string path;
  {
    auto file = world.open().value();
    REQUIRE(file.begin(world.draw(), kFirst));
    path = file.path();
  }
  const std::string whole = content(path);
  const auto with = [&](const std::string& changed) {
    REQUIRE(core::replace_file(path, core::as_bytes(changed), 0600));
    return refusal(world);
  };
  const std::string expected = path + " is of another share, or was changed";
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK(with(changed) == expected);
    CHECK(with(whole.substr(0, at)) == expected);
  }
  CHECK(with(whole + '\0') == expected);
  REQUIRE(core::replace_file(path, core::as_bytes(whole), 0644));
  CHECK(world.open().error().code == Code::permission);
}

TEST_CASE("row 26 a nonce that was taken is nowhere in memory") {
  test::need_own_memory();
  const World world;
  auto drawn = world.draw();
  auto half = drawn.secret.second().encode();
  const test::MaskedSecret secret(half);
  core::wipe(half);
  {
    auto file = world.open().value();
    REQUIRE(file.begin(std::move(drawn), kFirst));
    CHECK(secret.copies_in_memory() > 0);
  }
  CHECK(secret.copies_in_memory() == 0);
  auto file = world.open().value();
  CHECK(secret.copies_in_memory() > 0);
  REQUIRE(file.take(filled(9)));
  CHECK(secret.copies_in_memory() == 0);
  REQUIRE(file.keep(filled(9), kSecond));
  CHECK(secret.copies_in_memory() == 0);
}

TEST_CASE("a forked child takes no nonce") {
  const World world;
  auto file = world.open().value();
  REQUIRE(file.begin(world.draw(), kFirst));
  // Its copy of the nonce is zero, which no signature is made with.
  test::Child child([&] {
    auto nonce = file.take(filled(9));
    return nonce && nonce->first().is_zero() && nonce->second().is_zero() ? 0 : 1;
  });
  CHECK(child.reap() == 0);
}

TEST_SUITE_END();
