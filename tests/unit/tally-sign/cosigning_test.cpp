// A signature by files: what comes out of it, what is refused, and that a process killed anywhere
// in it loses a nonce at worst and never uses one twice.
#include "cosigning.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <sys/stat.h>

#include "support/child.hpp"
#include "support/folder.hpp"
#include "unit/tally-sign/custodians.hpp"
#include "unit/tally-sign/durable_steps.hpp"

namespace fs = std::filesystem;
namespace mpc = tally::mpc;
namespace core = tally::core;
namespace sign = tally::sign;
using sign::CosignStep;
using tally::ByteArray;
using tally::Bytes;
using tally::ByteView;
using tally::Code;
using tally::test::Child;
using tally::test::content_of;
using tally::test::Folder;
using tally::test::put;
using tally::test::steps_left;

namespace {

struct World : tally::test::Custodians {
  World(std::uint32_t t, std::uint32_t n) : Custodians(t, n) {
    for (mpc::PartyId id = 0; id < t; ++id) signers.push_back(id);
    fs::create_directory(folder_of("messages"));
  }
  [[nodiscard]] std::string folder_of(const std::string& name) const { return folder.file(name); }
  [[nodiscard]] std::string path_of(CosignStep step, mpc::PartyId id) const {
    return sign::cosign_path(folder_of(messages), step, id);
  }
  [[nodiscard]] std::string state_path(mpc::PartyId id) const {
    const std::string name = "key-" + std::to_string(id) + ".share.cosign-";
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      if (entry.path().filename().string().starts_with(name)) return entry.path();
    }
    return {};
  }
  [[nodiscard]] mpc::SigningRounds rounds() const {
    return mpc::SigningRounds::make(dealing.group(), signers, path, core::as_bytes(message))
        .value();
  }

  // What the command does; the signature when it is there. The share is dealt again because a child
  // of fork() has no copy of secrets.
  tally::Result<std::optional<mpc::Signature>> run(mpc::PartyId id, bool anew = false) const {
    const auto share =
        deal(dealing.group().threshold(), dealing.group().parties()).share(id).value();
    const auto terms = rounds();
    TALLY_TRY(auto session,
              sign::Cosigning::open(share_path(id), share, folder_of(messages), terms, anew));
    TALLY_TRY(const auto awaited, session.go_on([](const char*, const std::string&) {}));
    if (awaited) return std::optional<mpc::Signature>();
    TALLY_CHECK(session.end());
    return std::optional(session.signature());
  }
  [[nodiscard]] std::string why(mpc::PartyId id, bool anew = false) const {
    const auto done = run(id, anew);
    return done ? "went on" : done.error().message;
  }
  // Every signer takes every step; the signature of the last.
  [[nodiscard]] mpc::Signature run_all(bool anew = false) const {
    std::optional<mpc::Signature> signature;
    for (int round = 0; round < 3; ++round) {
      for (const mpc::PartyId id : signers) {
        const auto done = run(id, anew && round == 0);
        REQUIRE_MESSAGE(done, done.error().message);
        signature = *done;
      }
    }
    return signature.value();
  }

  std::vector<mpc::PartyId> signers;
  std::vector<std::uint32_t> path;
  std::string message = "pay 5 to carol";
  std::string messages = "messages";
};

}  // namespace

TEST_SUITE_BEGIN("sign");

TEST_CASE("a quorum signs by files and anybody puts the signature together") {
  for (const std::vector<std::uint32_t>& path :
       {std::vector<std::uint32_t>{}, std::vector<std::uint32_t>{44, 7}}) {
    World world(2, 3);
    world.signers = {0, 2};
    world.path = path;
    const auto signature = world.run_all();
    const auto rounds = world.rounds();
    CHECK(tally::crypto::schnorr_verify(signature, core::as_bytes(world.message),
                                        rounds.public_key()));
    const auto folder = world.folder_of("messages");
    const auto read =
        sign::read_rounds(folder, world.dealing.group(), core::as_bytes(world.message));
    REQUIRE(read);
    CHECK(read->terms() == rounds.terms());
    CHECK(sign::combine_files(folder, world.dealing.group(), *read).value() == signature);
    // What stood beside the shares is gone, and the signature can be had again.
    CHECK(world.state_path(0).empty());
    CHECK(world.state_path(2).empty());
    CHECK(world.run(2).value() == signature);
    const auto other = sign::read_rounds(folder, world.dealing.group(), core::as_bytes("no"));
    REQUIRE_FALSE(other);
    CHECK(other.error().message ==
          world.path_of(CosignStep::nonce, 0) +
              " says that party 0 signs another message: that party, or whoever carried the files");
  }
}

TEST_CASE("one party of threshold one signs at once") {
  const World world(1, 2);
  const auto signature = world.run(0).value();
  REQUIRE(signature);
  CHECK(tally::crypto::schnorr_verify(*signature, core::as_bytes(world.message),
                                      world.rounds().public_key()));
}

TEST_CASE("more than the threshold sign together") {
  World world(2, 4);
  world.signers = {0, 1, 3};
  CHECK(tally::crypto::schnorr_verify(world.run_all(), core::as_bytes(world.message),
                                      world.rounds().public_key()));
}

TEST_CASE("parties that mean something else are told so before anything is signed") {
  World world(2, 3);
  REQUIRE(world.run(0));
  const std::string nonce = world.path_of(CosignStep::nonce, 0);
  const std::string message = world.message;
  world.message = "pay 500 to carol";
  const std::string or_old = ", or this is its nonce of another session";
  CHECK(world.why(1) == nonce + ": party 0 signs another message" + or_old);
  const std::string or_carrier = ": that party, or whoever carried the files";
  CHECK(world.why(0) == nonce + " says that party 0 signs another message" + or_carrier);
  world.message = message;
  world.path = {1};
  CHECK(world.why(1) == nonce + ": party 0 signs for another child of the key" + or_old);
  world.path.clear();
  world.signers = {0, 1, 2};
  CHECK(world.why(1) == nonce + ": party 0 signs with parties 0, 1 and not 0, 1, 2" + or_old);
  world.signers = {0, 2};
  CHECK(world.why(2) ==
        nonce + " says that party 0 signs with parties 0, 1 and not 0, 2" + or_carrier);
  world.signers = {0, 1};
  CHECK(world.why(1) == "went on");
}

TEST_CASE("row 22 nonces that were swapped or changed on their way name nobody as a cheat") {
  World world(2, 2);
  REQUIRE(world.run(0));
  REQUIRE(world.run(1));
  const std::string nonce = world.path_of(CosignStep::nonce, 0);
  const Bytes whole = content_of(nonce);
  // Party 1 has signed; nothing that is changed now gets it to sign again.
  const Bytes partial = content_of(world.path_of(CosignStep::partial, 1));
  world.messages = "other";
  fs::create_directory(world.folder_of("other"));
  REQUIRE(world.run(0, true));
  const Bytes other = content_of(world.path_of(CosignStep::nonce, 0));
  world.messages = "messages";
  put(nonce, other);
  CHECK(world.why(1) == "this party has signed with other nonces than the folder's");
  fs::remove(world.path_of(CosignStep::partial, 1));
  CHECK(world.why(1) == "this party has signed with other nonces than the folder's");
  put(nonce, whole);
  REQUIRE(world.run(1));
  CHECK(content_of(world.path_of(CosignStep::partial, 1)) == partial);
  // Party 0 gave that session up.
  CHECK(world.why(0) == nonce + " is not what this party said in this session");
  // Swapped: each under the other's name.
  const Bytes second = content_of(world.path_of(CosignStep::nonce, 1));
  put(nonce, second);
  CHECK(world.why(1) ==
        nonce + ": not a message of a joint signature of this key, epoch, party and step");
}

TEST_CASE("row 22 a nonce changed cut or extended on its way blames nobody and costs nothing") {
  World world(2, 2);
  REQUIRE(world.run(0));
  const std::string nonce = world.path_of(CosignStep::nonce, 0);
  const Bytes whole = content_of(nonce);
  fs::remove(nonce);
  REQUIRE(world.run(1));
  const auto refused = [&](ByteView content) {
    put(nonce, content);
    const auto done = world.run(1);
    REQUIRE_FALSE(done);
    CHECK_FALSE(fs::exists(world.path_of(CosignStep::partial, 1)));
    return done.error();
  };
  // Of the offer, at which the message is 84 bytes in: the digest of what is signed.
  constexpr std::size_t kHashAt = 84 + 2 + 2 * 2 + 1;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    for (const std::uint8_t bit : Bytes{1, 0x80}) {
      Bytes changed = whole;
      changed[at] ^= bit;
      const auto error = refused(changed);
      CHECK(error.message.find(": party 0 signs") == std::string::npos);
      // But for the words to others than party 1, of whom there are none here.
      if (at < kHashAt) continue;
      CHECK(error.message == nonce + ": not as party 0 wrote it");
      CHECK(error.code == Code::protocol);
      CHECK(error.hint == "it was changed on its way: have it carried again");
    }
    refused(ByteView(whole).first(at));
  }
  Bytes longer = whole;
  longer.push_back(0);
  refused(longer);
  longer.resize(whole.size() + 40);
  CHECK(refused(longer).message == nonce + ": not as party 0 wrote it");
  put(nonce, whole);
  CHECK(world.run(1));
  CHECK(world.run(0).value());
}

TEST_CASE("row 22 a nonce of another session is told as what it may be") {
  World world(2, 3);
  const std::string message = world.message;
  world.message = "pay 500 to carol";
  world.messages = "other";
  fs::create_directory(world.folder_of("other"));
  REQUIRE(world.run(1));
  const std::string genuine = world.path_of(CosignStep::nonce, 1);
  world.signers = {1, 2};
  world.messages = "third";
  fs::create_directory(world.folder_of("third"));
  REQUIRE(world.run(1));
  const std::string elsewhere = world.path_of(CosignStep::nonce, 1);
  world.signers = {0, 1};
  world.message = message;
  world.messages = "messages";
  const std::string nonce = world.path_of(CosignStep::nonce, 1);
  fs::copy_file(genuine, nonce);
  const auto refused = world.run(0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().message ==
        nonce + ": party 1 signs another message, or this is its nonce of another session");
  put(nonce, content_of(elsewhere));
  CHECK(world.why(0) == nonce +
                            " says that party 1 signs another message: that party, or whoever "
                            "carried the files");
}

TEST_CASE("a pipe in the place of a message makes no signer wait") {
  World world(2, 2);
  for (const auto step : {CosignStep::nonce, CosignStep::partial}) {
    const std::string path = world.path_of(step, 1);
    REQUIRE(::mkfifo(path.c_str(), 0644) == 0);
    CHECK(world.why(0) == path + " is no regular file");
    if (step == CosignStep::partial) {
      CHECK(sign::combine_files(world.folder_of("messages"), world.dealing.group(), world.rounds())
                .error()
                .message == path + " is no regular file");
    }
    fs::remove(path);
    REQUIRE(world.run(0));
    REQUIRE(world.run(1));
    if (step == CosignStep::nonce) fs::remove(world.path_of(CosignStep::partial, 1));
  }
  CHECK(world.run(0).value());
}

TEST_CASE("a nonce that was written by another party than its name says is refused") {
  World world(2, 3);
  REQUIRE(world.run(0));
  // Party 2, no signer here, writes an offer as party 1 with words of its own.
  const auto share = world.dealing.share(2).value();
  const auto channels = tally::custody::PairChannels::make(share).value();
  ByteArray<32> random{};
  random.fill(1);
  const auto drawn = mpc::nonce_gen(random, {}).value();
  const mpc::NonceOffer offer{world.rounds().terms(), drawn.pub};
  const std::vector<mpc::PartyId> readers{0};
  put(world.path_of(CosignStep::nonce, 1),
      sign::write_session_message(sign::kCosignKind, {1, 1, {}, offer.encode()}, share.group(),
                                  {&channels, readers, nullptr})
          .value());
  const auto refused = world.run(0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::protocol);
  CHECK(refused.error().message ==
        world.path_of(CosignStep::nonce, 1) + ": not as party 1 wrote it");
}

TEST_CASE("row 14 a state that was copied and resumed twice signs once") {
  World world(2, 2);
  REQUIRE(world.run(0));
  const std::string state = world.state_path(0);
  const std::string copy = world.folder_of("copy");
  fs::copy_file(state, copy);
  REQUIRE(world.run(1));
  fs::copy(world.folder_of("messages"), world.folder_of("twin"));
  REQUIRE(world.run(0));
  const Bytes partial = content_of(world.path_of(CosignStep::partial, 0));
  // The copy resumed, with the same files of the others and the message of the first in sight:
  fs::copy_file(copy, state, fs::copy_options::overwrite_existing);
  world.messages = "twin";
  const auto refused = world.run(0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::permission);
  CHECK(refused.error().message == "the nonce of " + state + " was taken before");
  CHECK_FALSE(fs::exists(world.path_of(CosignStep::partial, 0)));
  // and once more, with other nonces of party 1.
  fs::remove(world.path_of(CosignStep::nonce, 1));
  fs::remove(world.path_of(CosignStep::partial, 1));
  fs::remove(world.state_path(1));
  REQUIRE(world.run(1));
  CHECK(world.why(0) == "the nonce of " + state + " was taken before");
  CHECK(content_of(sign::cosign_path(world.folder_of("messages"), CosignStep::partial, 0)) ==
        partial);
}

TEST_CASE("row 14 a share that was copied with its state between the steps does not sign") {
  World world(2, 2);
  REQUIRE(world.run(0));
  const std::string state = world.state_path(0);
  REQUIRE(world.run(1));
  fs::copy(world.folder_of("messages"), world.folder_of("twin"));
  const std::string other = world.folder_of("b.share");
  fs::copy_file(state, other + state.substr(world.share_path(0).size()));
  const auto rounds = world.rounds();
  const auto share = world.dealing.share(0).value();
  world.messages = "twin";
  {
    auto session =
        sign::Cosigning::open(other, share, world.folder_of("twin"), rounds, false).value();
    const auto refused = session.go_on([](const char*, const std::string&) {});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::permission);
    CHECK(refused.error().message.ends_with("does not know its nonce"));
  }
  CHECK_FALSE(fs::exists(world.path_of(CosignStep::partial, 0)));
  // Nor does the share itself without its journal.
  fs::remove(world.share_path(0) + ".used");
  CHECK(world.why(0) == "the journal beside " + state + " does not know its nonce");
  CHECK_FALSE(fs::exists(world.path_of(CosignStep::partial, 0)));
}

TEST_CASE("what was lost on its way is sent again byte for byte") {
  World world(2, 2);
  REQUIRE(world.run(0));
  const Bytes nonce = content_of(world.path_of(CosignStep::nonce, 0));
  fs::remove(world.path_of(CosignStep::nonce, 0));
  REQUIRE(world.run(0));
  CHECK(content_of(world.path_of(CosignStep::nonce, 0)) == nonce);
  REQUIRE(world.run(1));
  const Bytes partial = content_of(world.path_of(CosignStep::partial, 1));
  fs::remove(world.path_of(CosignStep::partial, 1));
  REQUIRE(world.run(1));
  CHECK(content_of(world.path_of(CosignStep::partial, 1)) == partial);
  // Changed, it is not overwritten in silence.
  Bytes changed = partial;
  changed[90] ^= 1;
  put(world.path_of(CosignStep::partial, 1), changed);
  CHECK(world.why(1) ==
        world.path_of(CosignStep::partial, 1) + " is not what this party said in this session");
  CHECK(world.why(0) == world.path_of(CosignStep::partial, 1) + ": not as party 1 wrote it");
  fs::remove(world.path_of(CosignStep::partial, 1));
  REQUIRE(world.run(1));
  CHECK(world.run(0).value());
}

TEST_CASE("row 22 a wrong partial signature is named as sure as it is known") {
  World world(2, 2);
  REQUIRE(world.run(0));
  REQUIRE(world.run(1));
  const std::string path = world.path_of(CosignStep::partial, 1);
  const auto parsed =
      sign::SessionMessage::parse(sign::kCosignKind, content_of(path), world.dealing.group(), 2, 1)
          .value();
  // Party 1 cheats: the words are its own, the partial signature is wrong.
  sign::Statement statement = parsed.statement();
  statement.body[31] ^= 1;
  const auto share = world.dealing.share(1).value();
  const auto channels = tally::custody::PairChannels::make(share).value();
  const std::vector<mpc::PartyId> readers{0};
  put(path, sign::write_session_message(sign::kCosignKind, statement, share.group(),
                                        {&channels, readers, nullptr})
                .value());
  const auto refused = world.run(0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::protocol);
  CHECK(refused.error().message == "party 1: the partial signature does not verify");
  CHECK(refused.error().hint ==
        "this party knows that the file is as that party wrote it; it is no proof for others");
  const auto combined =
      sign::combine_files(world.folder_of("messages"), world.dealing.group(), world.rounds());
  REQUIRE_FALSE(combined);
  CHECK(combined.error().message == "party 1: the partial signature does not verify");
  CHECK(combined.error().hint.starts_with("that party made it so, or whoever carried the files"));
  // One that is bound to other nonces accuses nobody.
  statement.ceremony[0] ^= 1;
  put(path, sign::write_session_message(sign::kCosignKind, statement, share.group(),
                                        {&channels, readers, nullptr})
                .value());
  CHECK(world.why(0) == path + ": party 1 signed with other nonces than these");
  CHECK(sign::combine_files(world.folder_of("messages"), world.dealing.group(), world.rounds())
            .error()
            .message ==
        path + ": party 1, or whoever carried the files, signed with other nonces than these");
  // One that was changed by whoever carried it neither.
  Bytes changed = content_of(path);
  changed[100] ^= 1;
  put(path, changed);
  CHECK(world.why(0) == path + ": not as party 1 wrote it");
}

TEST_CASE("row 4 a partial signature truncated extended or changed at each byte is refused") {
  World world(2, 2);
  for (const mpc::PartyId id : {0U, 1U}) REQUIRE(world.run(id));
  const std::string path = world.path_of(CosignStep::partial, 1);
  const Bytes whole = content_of(path);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    Bytes changed = whole;
    changed[at] ^= 1;
    put(path, changed);
    CHECK_FALSE(world.run(0));
    put(path, ByteView(whole).first(at));
    CHECK_FALSE(world.run(0));
  }
  Bytes longer = whole;
  longer.push_back(0);
  put(path, longer);
  CHECK_FALSE(world.run(0));
  put(path, whole);
  CHECK(world.run(0).value());
}

TEST_CASE("a session that was given up is begun again in a new folder only") {
  World world(2, 2);
  REQUIRE(world.run(0));
  CHECK(world.why(0, true) ==
        world.folder_of("messages") + " is of a session that this party has part in");
  fs::remove(world.state_path(0));
  CHECK(world.why(0) ==
        world.folder_of("messages") + " is of a session that is over for this party");
  world.messages = "again";
  fs::create_directory(world.folder_of("again"));
  CHECK(tally::crypto::schnorr_verify(world.run_all(true), core::as_bytes(world.message),
                                      world.rounds().public_key()));
}

TEST_CASE("a partial signature without its nonce is refused by a party that has begun nothing") {
  World world(2, 2);
  const auto signature = world.run_all();
  const std::string nonce = world.path_of(CosignStep::nonce, 0);
  const std::string partial = world.path_of(CosignStep::partial, 0);
  const Bytes whole = content_of(nonce);
  fs::remove(nonce);
  const auto refused = world.run(0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Code::no_input);
  CHECK(refused.error().message == partial + " is there and " + nonce + " is not");
  CHECK(world.why(0, true) == partial + " is there and " + nonce + " is not");
  put(nonce, whole);
  CHECK(world.run(0).value() == signature);
}

TEST_CASE("row 14 a signer killed at any step loses its nonce at worst and signs once") {
  World world(2, 2);
  const fs::path root = world.folder.path();
  const Folder copies;
  const fs::path copy = copies.file("copy");
  // 0: it went on; 2: the nonce is gone.
  const auto in_child = [&](mpc::PartyId id, int steps) {
    Child child([&] {
      steps_left = steps;
      const auto done = world.run(id);
      if (done) return 0;
      return done.error().code == Code::permission ? 2 : 1;
    });
    return child.reap();
  };
  const auto restore = [&] {
    for (const auto& entry : fs::directory_iterator(root)) fs::remove_all(entry);
    fs::copy(copy, root, fs::copy_options::recursive);
  };
  const auto has_partial = [&](mpc::PartyId id) {
    return fs::exists(world.path_of(CosignStep::partial, id));
  };
  int kills = 0;
  int lost = 0;
  for (const mpc::PartyId id : {0U, 1U, 0U, 1U}) {
    fs::remove_all(copy);
    fs::copy(root, copy, fs::copy_options::recursive);
    const bool had_partial = has_partial(id);
    for (int steps = 0;; ++steps) {
      CAPTURE(id);
      CAPTURE(steps);
      restore();
      const int ended = in_child(id, steps);
      if (ended == 0) break;
      REQUIRE(ended == -SIGKILL);
      ++kills;
      const bool out = has_partial(id);
      const Bytes sent = out ? content_of(world.path_of(CosignStep::partial, id)) : Bytes();
      const int again = in_child(id, -1);
      if (again == 2) {
        ++lost;
        CHECK_FALSE(had_partial);
        CHECK_FALSE(out);
        CHECK_FALSE(has_partial(id));
        CHECK(in_child(id, -1) == 2);
        continue;
      }
      REQUIRE(again == 0);
      // What had left is what leaves.
      if (out) CHECK(content_of(world.path_of(CosignStep::partial, id)) == sent);
    }
  }
  CHECK(kills > 20);
  CHECK(lost > 0);
  CHECK(lost < 10);
  CHECK(tally::crypto::schnorr_verify(world.run_all(), core::as_bytes(world.message),
                                      world.rounds().public_key()));
}

TEST_SUITE_END();
