#include "custody/presignature_store.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <unistd.h>

#include "core/endian.hpp"
#include "core/file.hpp"
#include "custody/burn_journal.hpp"
#include "mpc/ecdsa_sign.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"
#include "support/full_disk.hpp"

using namespace tally;
using namespace tally::custody;
using mpc::ComputedDigest;
using mpc::DigestKind;
using mpc::Presignature;
using mpc::PresignatureFacts;
using test::Child;
using test::Folder;

namespace {

constexpr ByteArray<32> kKey = {7};

ByteArray<32> id_of(std::uint8_t number) {
  ByteArray<32> id{};
  id.fill(number);
  return id;
}

// Of the form of a real one; what it would sign does not matter here.
Presignature make(std::uint8_t number, std::uint8_t setup = 1) {
  PresignatureFacts facts;
  facts.id = id_of(number);
  facts.sid = id_of(number);
  facts.key_id = kKey;
  facts.me = 1;
  facts.ids = {1, 2};
  facts.setup_ids = {id_of(setup)};
  facts.public_key = crypto::Point::generator();
  facts.nonce = crypto::Point::generator();
  ByteArray<mpc::kPresignatureSecretBytes> secrets{};
  for (const std::size_t at : {31U, 63U, 95U}) secrets[at] = number;
  return Presignature::take_from(std::move(facts), secrets);
}

ComputedDigest digest_of(std::string_view text) {
  return ComputedDigest::of(DigestKind::sha256, core::as_bytes(text));
}

// Into a store that was told of its session.
Status put(PresignatureStore& store, std::uint8_t number, std::uint8_t setup = 1) {
  store.announce(id_of(number));
  return store.put(make(number, setup));
}

PresignatureStore open_store(const std::string& path, std::size_t block = 4) {
  return PresignatureStore::open(path, kKey, 0, 16, block).value();
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("a presignature is taken once and only out of an open block") {
  const Folder folder;
  auto store = open_store(folder.file("journal"), 2);
  for (std::uint8_t i = 1; i <= 3; ++i) REQUIRE(put(store, i));
  CHECK_FALSE(store.take(id_of(1), digest_of("a")));
  REQUIRE(store.open_block());
  CHECK(store.ready() == std::vector{id_of(1), id_of(2)});
  const auto bound = store.take(id_of(1), digest_of("a"));
  REQUIRE(bound);
  CHECK(bound->digest() == digest_of("a").bytes());
  CHECK_FALSE(store.take(id_of(1), digest_of("a")));
  CHECK_FALSE(store.take(id_of(1), digest_of("b")));
  CHECK_FALSE(store.take(id_of(3), digest_of("a")));
  CHECK_FALSE(store.take(id_of(9), digest_of("a")));
  // It does not come back either.
  CHECK_FALSE(put(store, 1));
  CHECK(store.size() == 2);
  REQUIRE(store.open_block());
  CHECK(store.take(id_of(3), digest_of("a")));
}

TEST_CASE("a store keeps to its key its epoch and its room") {
  const Folder folder;
  auto store = PresignatureStore::open(folder.file("journal"), kKey, 1, 2, 2).value();
  CHECK(put(store, 1).error().code == Code::usage);
  auto other = PresignatureStore::open(folder.file("other"), kKey, 0, 2, 2).value();
  REQUIRE(put(other, 1));
  REQUIRE(put(other, 2));
  CHECK(put(other, 3).error().code == Code::try_again);
  CHECK_FALSE(PresignatureStore::open(folder.file("third"), kKey, 0, 1025, 2));
}

TEST_CASE("a store whose journal could not be written opens no block until it is opened anew") {
  const Folder folder;
  const std::string path = folder.file("journal");
  {
    auto store = open_store(path, 1);
    for (std::uint8_t i = 1; i <= 2; ++i) REQUIRE(put(store, i));
    REQUIRE(store.open_block());
    CHECK_FALSE(store.broken());
    {
      const test::FullDisk full;
      CHECK(store.open_block().error().code == Code::io);
    }
    CHECK(store.broken());
    CHECK(store.open_block().error().code == Code::io);
    CHECK(store.ready() == std::vector{id_of(1)});
  }
  auto again = open_store(path, 1);
  REQUIRE(put(again, 3));
  CHECK(again.open_block());
  CHECK_FALSE(again.broken());
}

TEST_CASE("presignatures of a burnt pair setup are dropped") {
  const Folder folder;
  auto store = open_store(folder.file("journal"));
  for (std::uint8_t i = 1; i <= 4; ++i) REQUIRE(put(store, i, i % 2));
  REQUIRE(store.open_block());
  store.drop_with(id_of(1));
  CHECK(store.ready() == std::vector{id_of(2), id_of(4)});
  CHECK_FALSE(store.take(id_of(1), digest_of("a")));
  CHECK_FALSE(put(store, 1));
}

TEST_CASE("row 13 of two processes that race for a presignature one gets it") {
  const Folder folder;
  const std::string path = folder.file("journal");
  auto store = open_store(path);
  REQUIRE(put(store, 1));
  REQUIRE(store.open_block());
  Child child([&] {
    // Neither from the memory it was forked with nor by the journal.
    if (store.take(id_of(1), digest_of("b"))) return 1;
    if (put(store, 2)) return 2;
    const auto mine = PresignatureStore::open(path, kKey, 0, 16, 4);
    return mine ? 3 : mine.error().code == Code::try_again ? 0 : 4;
  });
  CHECK(child.reap() == 0);
  CHECK(store.take(id_of(1), digest_of("a")));
}

TEST_CASE("row 13 a store that is copied or set back holds nothing") {
  const Folder folder;
  const std::string path = folder.file("journal");
  {
    auto store = open_store(path);
    REQUIRE(put(store, 1));
    REQUIRE(put(store, 2));
    std::filesystem::copy_file(path, folder.file("early"));
    REQUIRE(store.open_block());
    std::filesystem::copy_file(path, folder.file("late"));
    REQUIRE(store.take(id_of(1), digest_of("a")));
  }
  for (const char* const name : {"early", "late", "journal"}) {
    auto restored = open_store(folder.file(name));
    CHECK(restored.size() == 0);
    CHECK(restored.ready().empty());
    CHECK_FALSE(restored.take(id_of(1), digest_of("b")));
    REQUIRE(restored.open_block());
    CHECK_FALSE(restored.take(id_of(2), digest_of("b")));
  }
  // And what was in an open block is refused for ever.
  auto again = open_store(path);
  CHECK_FALSE(put(again, 1));
  CHECK_FALSE(put(again, 2));
  CHECK(put(again, 3));
}

// A copy of a whole machine has the memory too, and nothing in it can tell. What is left are the
// others: the partial signature of each is there once.
TEST_CASE("row 14 of two digests that a party and its copy ask for the peers serve one") {
  const Folder folder;
  auto party = open_store(folder.file("party"));
  auto copy = open_store(folder.file("copy"));
  auto peer = open_store(folder.file("peer"));
  for (auto* const store : {&party, &copy, &peer}) {
    REQUIRE(put(*store, 1));
    REQUIRE(store->open_block());
  }
  CHECK(party.take(id_of(1), digest_of("a")));
  CHECK(copy.take(id_of(1), digest_of("b")));
  CHECK(peer.take(id_of(1), digest_of("a")));
  CHECK_FALSE(peer.take(id_of(1), digest_of("b")));
  // Nor does it take part in making the same one again.
  CHECK_FALSE(put(peer, 1));
  CHECK(peer.ready().empty());
}

TEST_CASE("row 13 a process killed at any step has signed one digest at most") {
  const Folder folder;
  constexpr int kSteps = 7;
  for (int step = 0; step < kSteps; ++step) {
    CAPTURE(step);
    const std::string path = folder.file("journal" + std::to_string(step));
    const std::string sent = folder.file("sent" + std::to_string(step));
    const auto life = [&](std::string_view digest, int die_at) {
      Child child([&] {
        int now = 0;
        const auto here = [&] {
          if (now++ == die_at) ::raise(SIGKILL);
        };
        here();
        auto store = open_store(path);
        here();
        const bool kept = put(store, 1).has_value();
        here();
        if (!store.open_block()) return 1;
        here();
        auto bound = store.take(id_of(1), digest_of(digest));
        if (kept != bound.has_value()) return 2;
        here();
        if (!bound) return 0;
        const mpc::EcdsaSigning signing(std::move(*bound));
        here();
        // Out it goes.
        std::ofstream out(sent, std::ios::app);
        out << digest << '\n';
        out.close();
        here();
        return 0;
      });
      return child.reap();
    };
    // Killed; then again and again with other digests, as after a restart.
    CHECK(life("a", step) == -SIGKILL);
    CHECK(life("b", -1) == 0);
    CHECK(life("c", -1) == 0);
    std::set<std::string> digests;
    std::ifstream in(sent);
    for (std::string line; std::getline(in, line);) digests.insert(line);
    CHECK(digests.size() <= 1);
  }
}

TEST_CASE("a journal torn at any byte forgets no whole record") {
  const Folder folder;
  const std::string path = folder.file("journal");
  {
    auto store = open_store(path);
    for (std::uint8_t i = 1; i <= 3; ++i) REQUIRE(put(store, i));
    REQUIRE(store.open_block());
  }
  const std::string whole = core::read_file(path).value();
  constexpr std::size_t kHeader = 16;
  constexpr std::size_t kRecord = 44;
  REQUIRE(whole.size() == kHeader + 3 * kRecord);
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    const std::string torn = folder.file("torn");
    std::filesystem::remove(torn);
    REQUIRE(core::create_file(torn, core::as_bytes(std::string_view(whole).substr(0, size)), 0600));
    auto store = PresignatureStore::open(torn, kKey, 0, 16, 4);
    REQUIRE(store.has_value() == (size >= kHeader));
    if (!store) continue;
    const std::size_t records = (size - kHeader) / kRecord;
    for (std::uint8_t i = 1; i <= 3; ++i) CHECK(put(*store, i).has_value() == (i > records));
  }
  // Damage that no crash makes is refused.
  std::string damaged = whole;
  damaged[kHeader + 10] = static_cast<char>(damaged[kHeader + 10] ^ 1);
  REQUIRE(core::create_file(folder.file("damaged"), core::as_bytes(damaged), 0600));
  CHECK(PresignatureStore::open(folder.file("damaged"), kKey, 0, 16, 4).error().code ==
        Code::bad_data);
}

TEST_CASE("a presignature comes in only for a session that was announced and once") {
  const Folder folder;
  auto store = open_store(folder.file("journal"));
  CHECK(store.put(make(1)).error().code == Code::permission);
  store.announce(id_of(1));
  store.withdraw(id_of(1));
  CHECK(store.put(make(1)).error().code == Code::permission);
  REQUIRE(put(store, 1));
  store.drop(id_of(1));
  CHECK(store.put(make(1)).error().code == Code::permission);
}

TEST_CASE("a journal of presignatures keeps the last and does not grow for ever") {
  const Folder folder;
  const std::string path = folder.file("journal");
  constexpr std::size_t kBlock = 1024;
  constexpr std::size_t kBlocks = 2 * PresignatureStore::kRemembered / kBlock + 2;
  const auto numbered = [](std::size_t number) {
    ByteArray<32> id{};
    core::store_le(id.data(), std::uint64_t{number});
    return id;
  };
  const auto put_numbered = [&](PresignatureStore& store, std::size_t number) {
    PresignatureFacts facts;
    facts.id = facts.sid = numbered(number);
    facts.key_id = kKey;
    ByteArray<mpc::kPresignatureSecretBytes> secrets{};
    store.announce(facts.sid);
    return store.put(Presignature::take_from(std::move(facts), secrets));
  };
  {
    auto store = PresignatureStore::open(path, kKey, 0, kBlock, kBlock).value();
    for (std::size_t block = 0; block < kBlocks; ++block) {
      for (std::size_t i = 0; i < kBlock; ++i) REQUIRE(put_numbered(store, kBlock * block + i));
      REQUIRE(store.open_block());
      auto ready = store.ready();
      std::ranges::reverse(ready);
      for (const auto& id : ready) REQUIRE(store.take(id, digest_of("a")));
    }
  }
  CHECK(std::filesystem::file_size(path) < 2 * PresignatureStore::kRemembered * 44);
  auto again = PresignatureStore::open(path, kKey, 0, kBlock, kBlock).value();
  // The last of it are still known after a crash.
  for (std::size_t back = 1; back <= PresignatureStore::kRemembered; ++back) {
    REQUIRE_FALSE(put_numbered(again, kBlock * kBlocks - back));
  }
}

namespace {

std::shared_ptr<mpc::PairSetup> make_setup(std::uint8_t number) {
  const Bytes leaves(mpc::dkls::kLeavesBytes);
  const Bytes delta(mpc::dkls::kColumns / 8);
  const Bytes seed(32);
  return mpc::PairSetup::make({kKey, 0, 1, 2, 0}, id_of(number), seed,
                              mpc::dkls::AliceSeeds::make(leaves, delta).value(),
                              mpc::dkls::BobSeeds::make(leaves).value())
      .value();
}

}  // namespace

TEST_CASE("row 9 a burnt setup stays burnt whenever the process dies") {
  const Folder folder;
  const auto setup = make_setup(1);
  // Killed: before a check, in it, after it, and after the burn. Burnt from the check on until it
  // ends well.
  const std::array<bool, 4> expected = {false, true, false, true};
  for (std::size_t step = 0; step < expected.size(); ++step) {
    CAPTURE(step);
    const std::string path = folder.file("burns" + std::to_string(step));
    Child child([&] {
      auto journal = BurnJournal::open(path).value();
      if (step == 0) ::raise(SIGKILL);
      if (!journal->begin_check(*setup)) return 1;
      if (step == 1) ::raise(SIGKILL);
      if (step == 2) journal->end_check(*setup);
      if (step == 3 && !journal->burn(*setup, mpc::Cause::ot_check)) return 2;
      ::raise(SIGKILL);
      return 3;
    });
    CHECK(child.reap() == -SIGKILL);
    for (int restart = 0; restart < 2; ++restart) {
      const auto journal = BurnJournal::open(path).value();
      CHECK(journal->burnt(id_of(1)) == expected[step]);
      CHECK_FALSE(journal->burnt(id_of(2)));
    }
  }
}

TEST_CASE("a journal of checks is trimmed after a burn as before it") {
  const Folder folder;
  const std::string path = folder.file("burns");
  const auto honest = make_setup(1);
  const auto cheat = make_setup(2);
  {
    auto journal = BurnJournal::open(path).value();
    REQUIRE(journal->begin_check(*honest));
    REQUIRE(journal->begin_check(*cheat));
    REQUIRE(journal->burn(*cheat, mpc::Cause::ot_check));
    journal->end_check(*honest);
    for (int i = 0; i < 50'000; ++i) {
      REQUIRE(journal->begin_check(*honest));
      journal->end_check(*honest);
    }
    // All of them would be 9 MB.
    CHECK(std::filesystem::file_size(path) < 10'000);
  }
  const auto journal = BurnJournal::open(path).value();
  CHECK(journal->burnt(id_of(2)));
  CHECK_FALSE(journal->burnt(id_of(1)));
}
