#include "custody/pair_file.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <set>

#include "core/file.hpp"
#include "custody/beside.hpp"
#include "custody/burn_journal.hpp"
#include "custody/fork_safe_random.hpp"
#include "custody/pair_channel.hpp"
#include "sample.hpp"
#include "support/folder.hpp"

using namespace tally;
using namespace tally::custody;

namespace {

using test::Folder;

// The setup of parties 0 and 1 as party 0 has it.
std::shared_ptr<mpc::PairSetup> set_up(const mpc::Share& share) {
  const auto guard = ForkGuard::create().value();
  ForkSafeRandomness random(guard, {});
  const mpc::PairIdentity mine{share.group().key_id(), share.group().epoch(), 1, 2, 0};
  mpc::PairIdentity theirs = mine;
  std::swap(theirs.me, theirs.peer);
  const auto a = mpc::PairSetupSession::start(mine, random).value();
  const auto b = mpc::PairSetupSession::start(theirs, random).value();
  const auto offer_a = a->offer(b->hello()).value();
  const auto offer_b = b->offer(a->hello()).value();
  const auto answer_b = b->answer(offer_a).value();
  REQUIRE(a->answer(offer_b));
  return a->finish(answer_b).value();
}

std::string refusal(const Bytes& file, const mpc::Share& share) {
  const auto opened = open_pair(file, share);
  REQUIRE_FALSE(opened);
  return opened.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("a pair setup comes back from its file and opens beside its share only") {
  const auto dealing = test::sample_dealing();
  const auto share = dealing.share(0).value();
  const auto setup = set_up(share);
  const Bytes file = seal_pair(*setup, share).value();
  const auto opened = open_pair(file, share);
  REQUIRE(opened);
  CHECK((*opened)->setup_id() == setup->setup_id());
  CHECK((*opened)->identity() == setup->identity());
  CHECK(core::equal_constant_time((*opened)->zero_seed(), setup->zero_seed()));
  // Nothing of the secrets stands in the file.
  const ByteView seed = setup->zero_seed();
  CHECK(std::search(file.begin(), file.end(), seed.begin(), seed.end()) == file.end());

  CHECK(refusal(file, dealing.share(1).value()).find("is of party 0") != std::string::npos);
  const auto other = test::sample_dealing(2, 3, 8);
  CHECK(refusal(file, other.share(0).value()).find("another key") != std::string::npos);
}

TEST_CASE("a pair file changed cut or extended at any byte is refused") {
  const auto share = test::sample_dealing().share(0).value();
  const Bytes file = seal_pair(*set_up(share), share).value();
  for (std::size_t at = 0; at < file.size(); at += at < 200 ? 1 : 997) {
    Bytes changed = file;
    changed[at] ^= 1U;
    CHECK_FALSE(open_pair(changed, share));
    CHECK_FALSE(open_pair(ByteView(file).first(at), share));
  }
  Bytes longer = file;
  longer.push_back(0);
  CHECK_FALSE(open_pair(longer, share));
}

TEST_CASE("setups are found beside their share and a misnamed one is refused") {
  const Folder folder;
  const auto share = test::sample_dealing().share(0).value();
  const std::string path = folder.file("key-0.share");
  CHECK(read_pair_files(path, share).value().empty());
  const Bytes file = seal_pair(*set_up(share), share).value();
  REQUIRE(core::create_file(pair_path(path, 1), file, 0600));
  REQUIRE(read_pair_files(path, share).value().size() == 1);
  REQUIRE(core::create_file(pair_path(path, 2), file, 0600));
  CHECK(read_pair_files(path, share).error().message.find("another party's name") !=
        std::string::npos);
}

TEST_CASE("setups of an older epoch are as good as none and are removed by themselves") {
  const Folder folder;
  const auto share = test::sample_dealing().share(0).value();
  const std::string path = folder.file("key-0.share");
  const auto in_epoch = [&](std::uint32_t epoch) {
    const mpc::GroupKey& now = share.group();
    mpc::KeyFacts facts = now.facts();
    facts.epoch = epoch;
    auto group = mpc::GroupKey::make(now.threshold(), now.parties(), now.key(),
                                     {now.pubshares().begin(), now.pubshares().end()}, facts);
    return mpc::Share::make(std::move(*group), 0, share.secret_bytes()).value();
  };
  const auto before = in_epoch(1);
  const auto after = in_epoch(2);
  REQUIRE(core::create_file(pair_path(path, 1), *seal_pair(*set_up(before), before), 0600));
  CHECK(read_pair_files(path, after).value().empty());
  // One of a newer epoch says that the share is an old copy.
  CHECK(read_pair_files(path, share).error().message.find("is of epoch 1 and the share is of") !=
        std::string::npos);
  REQUIRE(remove_stale_pairs(path, before.group()));
  REQUIRE(remove_stale_pairs(path, test::sample_dealing(2, 3, 8).group()));
  CHECK(std::filesystem::exists(pair_path(path, 1)));
  REQUIRE(remove_stale_pairs(path, after.group()));
  CHECK_FALSE(std::filesystem::exists(pair_path(path, 1)));
}

TEST_CASE("what is sealed beside a share opens there for its purpose and nowhere else") {
  const auto dealing = test::sample_dealing();
  const auto share = dealing.share(0).value();
  const Bytes plain = {1, 2, 3};
  const Bytes about = {9};
  const Bytes sealed = seal_beside(share, "seed", about, plain).value();
  CHECK(sealed.size() == plain.size() + kBesideOverheadBytes);
  const auto opened = open_beside(share, "seed", about, sealed).value();
  REQUIRE(opened);
  CHECK(std::ranges::equal(opened->bytes(), plain));
  CHECK_FALSE(open_beside(share, "other", about, sealed).value());
  CHECK_FALSE(open_beside(share, "seed", {}, sealed).value());
  CHECK_FALSE(open_beside(dealing.share(1).value(), "seed", about, sealed).value());
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    Bytes changed = sealed;
    changed[at] ^= 1U;
    CHECK_FALSE(open_beside(share, "seed", about, changed).value());
    CHECK_FALSE(open_beside(share, "seed", about, ByteView(sealed).first(at)).value());
  }
}

TEST_CASE("a channel opens for its pair its direction and its purpose only") {
  const auto dealing = test::sample_dealing();
  std::vector<PairChannels> channels;
  for (mpc::PartyId id = 0; id < 3; ++id) {
    channels.push_back(PairChannels::make(dealing.share(id).value()).value());
  }
  const ByteView words = core::as_bytes("words");
  const ByteView about = core::as_bytes("about");
  const Bytes sealed = channels[0].seal(1, about, words);
  const auto opened = channels[1].open(0, about, sealed);
  REQUIRE(opened);
  CHECK(std::ranges::equal(*opened, words));
  CHECK_FALSE(channels[1].open(2, about, sealed));
  CHECK_FALSE(channels[2].open(0, about, sealed));
  CHECK_FALSE(channels[0].open(1, about, sealed));
  CHECK_FALSE(channels[1].open(0, core::as_bytes("else"), sealed));
  CHECK(channels[0].seal(1, about, words) != sealed);
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    Bytes changed = sealed;
    changed[at] ^= 0x80U;
    CHECK_FALSE(channels[1].open(0, about, changed));
    CHECK_FALSE(channels[1].open(0, about, ByteView(sealed).first(at)));
  }
}

TEST_CASE("row 6 no key and nonce of a channel come twice in either direction or after a restart") {
  const auto dealing = test::sample_dealing();
  const ByteView words = core::as_bytes("words");
  const ByteView about = core::as_bytes("about");
  std::set<Bytes> nonces;
  std::set<Bytes> bodies;
  constexpr std::size_t kNonceBytes = 24;
  constexpr std::size_t kRounds = 200;
  for (int restart = 0; restart < 3; ++restart) {
    const auto first = PairChannels::make(dealing.share(0).value()).value();
    const auto second = PairChannels::make(dealing.share(1).value()).value();
    for (std::size_t round = 0; round < kRounds; ++round) {
      for (const Bytes& sealed : {first.seal(1, about, words), second.seal(0, about, words)}) {
        nonces.emplace(sealed.begin(), sealed.begin() + kNonceBytes);
        bodies.emplace(sealed.begin() + kNonceBytes, sealed.end());
      }
    }
    // A message that is thrown back at its author was sealed under the other direction's key.
    const Bytes thrown = first.seal(1, about, words);
    CHECK(second.open(0, about, thrown));
    CHECK_FALSE(first.open(1, about, thrown));
  }
  CHECK(nonces.size() == 3 * 2 * kRounds);
  CHECK(bodies.size() == 3 * 2 * kRounds);
}

TEST_CASE("attempts at a pair are counted across restarts and checks that ended are dropped") {
  const Folder folder;
  const auto share = test::sample_dealing().share(0).value();
  const auto setup = set_up(share);
  mpc::PairIdentity identity = setup->identity();
  const std::string path = folder.file("burns");
  std::uintmax_t size = 0;
  {
    const auto journal = BurnJournal::open(path).value();
    CHECK(journal->attempts(identity) == 0);
    REQUIRE(journal->begin_attempt(identity));
    CHECK(journal->attempts(identity) == 1);
    // The other side may have counted further.
    identity.counter = 4;
    REQUIRE(journal->begin_attempt(identity));
    size = std::filesystem::file_size(path);
    for (int i = 0; i < 50; ++i) {
      REQUIRE(journal->begin_check(*setup));
      journal->end_check(*setup);
    }
    CHECK_FALSE(BurnJournal::open(path));
  }
  {
    const auto journal = BurnJournal::open(path).value();
    CHECK(std::filesystem::file_size(path) == size);
    CHECK(journal->attempts(identity) == 5);
    identity.peer = 3;
    CHECK(journal->attempts(identity) == 0);
    CHECK_FALSE(journal->burnt(setup->setup_id()));
    REQUIRE(journal->begin_check(*setup));
  }
  // A check that never ended burns, and stays burnt.
  for (int i = 0; i < 2; ++i) CHECK(BurnJournal::open(path).value()->burnt(setup->setup_id()));
}

TEST_SUITE_END();
