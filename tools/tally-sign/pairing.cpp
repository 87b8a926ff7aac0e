#include "pairing.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>

#include "core/endian.hpp"
#include "core/file.hpp"
#include "crypto/sha256.hpp"
#include "custody/beside.hpp"
#include "custody/pair_file.hpp"
#include "custody/private_file.hpp"
#include "mpc/dkls_random.hpp"

namespace tally::sign {
namespace {

constexpr std::string_view kMagic = "TALLYPRM";
constexpr std::size_t kHeaderBytes = 8 + 32 + 4 + 2 + 1 + 2;
constexpr std::size_t kEntryHeaderBytes = 2 + 4;
constexpr std::size_t kLargestFileBytes = std::size_t{8} << 20U;
constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kHasFolderAt = kSeedBytes + 32;
constexpr std::size_t kEntriesAt = kHasFolderAt + 1 + 2;
constexpr std::size_t kStateEntryBytes = 2 + 4;
constexpr std::size_t kHelloBytes = 4 + mpc::kPairHelloBytes;

using crypto::Sha256;

Bytes header_of(const mpc::GroupKey& group, PairStep step, mpc::PartyId from, std::size_t count) {
  Bytes out;
  core::append(out, core::as_bytes(kMagic));
  core::append(out, group.key_id());
  core::append_le(out, group.epoch());
  core::append_le(out, static_cast<std::uint16_t>(from));
  core::append_le(out, static_cast<std::uint8_t>(step));
  core::append_le(out, static_cast<std::uint16_t>(count));
  return out;
}

// The entry for `to` in a party's message of one step. Errors: bad_data.
Result<ByteView> entry_for(ByteView file, const mpc::GroupKey& group, PairStep step,
                           mpc::PartyId from, mpc::PartyId to) {
  if (file.size() < kHeaderBytes) return fail(Code::bad_data, "not a message of a pair setup");
  const std::size_t count = core::load_le<std::uint16_t>(&file[kHeaderBytes - 2]);
  if (!std::ranges::equal(header_of(group, step, from, count), file.first(kHeaderBytes))) {
    return fail(Code::bad_data, "not a message of a pair setup of this key, epoch, party and step");
  }
  ByteView rest = file.subspan(kHeaderBytes);
  std::optional<ByteView> found;
  for (std::size_t i = 0; i < count; ++i) {
    if (rest.size() < kEntryHeaderBytes) return fail(Code::bad_data, "it is truncated");
    const auto party = core::load_le<std::uint16_t>(rest.data());
    const std::size_t bytes = core::load_le<std::uint32_t>(&rest[2]);
    rest = rest.subspan(kEntryHeaderBytes);
    if (bytes > rest.size()) return fail(Code::bad_data, "it is truncated");
    if (party == to) found = rest.first(bytes);
    rest = rest.subspan(bytes);
  }
  if (!rest.empty()) return fail(Code::bad_data, "it has bytes after its end");
  if (!found) {
    return fail(Code::bad_data, fmt::format("it has nothing for party {}", to),
                fmt::format("party {} has a setup with party {} already: both must give --reset "
                            "to make a new one",
                            from, to));
  }
  return *found;
}

}  // namespace

const char* to_text(PairStep step) {
  switch (step) {
    case PairStep::hello:
      return "hello";
    case PairStep::offer:
      return "offer";
    case PairStep::answer:
      return "answer";
  }
  return "";
}

struct Pairing::Pair {
  Pair(ByteView seed, const mpc::Share& share, mpc::PartyId peer)
      : context{static_cast<std::uint8_t>(peer >> 8U), static_cast<std::uint8_t>(peer)},
        random(seed, {share.secret_bytes(), 0, context}) {}

  ByteArray<2> context;
  mpc::dkls::HedgedRandomness random;
  mpc::PairIdentity identity;
  std::unique_ptr<mpc::PairSetupSession> session;
  Bytes message;  // this party's of the step that was played last
  // A hash of what both said before that step, and of what this party was told: what the message
  // is bound to.
  Bytes transcript;
  Sha256 heard;
};

Result<Pairing> Pairing::open(const std::string& share_path, const mpc::Share& share,
                              const std::string& folder, const std::vector<mpc::PartyId>& peers) {
  TALLY_TRY(auto channels, custody::PairChannels::make(share));
  TALLY_TRY(auto uses, custody::UseJournal::open(share_path + ".used"));
  TALLY_TRY(auto burns, custody::BurnJournal::open(share_path + ".burnt"));
  Pairing pairing(share_path, share, folder, std::move(channels), std::move(uses),
                  std::move(burns));
  TALLY_CHECK(under_way(share_path) ? pairing.load_state() : pairing.begin(peers));
  TALLY_CHECK(pairing.check_folder());
  return pairing;
}

// Whether the session is that of the folder: another one would take its secrets away. One whose
// hello could not be written has no folder yet, unless it was killed after that was written.
Status Pairing::check_folder() {
  const bool there = said(PairStep::hello);
  if (there) {
    TALLY_TRY(const std::string file,
              core::read_regular_file(path_of(PairStep::hello, share_.id()), kLargestFileBytes));
    if (Sha256::digest(core::as_bytes(file)) == hello_hash_) return keep_to_folder();
  }
  if (!has_folder_) {
    if (!there) return {};
    return fail(Code::usage, folder_ + " is of a session that is over for this party",
                "take a new folder to begin another");
  }
  return fail(Code::usage, folder_ + " is not the folder of the session that is under way",
              fmt::format("go on in the folder with this party's hello-{}, or remove {} to give "
                          "that session up",
                          share_.id(), state_path()));
}

// From here on the session goes on in this folder alone.
Status Pairing::keep_to_folder() {
  if (has_folder_) return {};
  has_folder_ = true;
  return save_state();
}

bool Pairing::under_way(const std::string& share_path) {
  return ::access((share_path + ".pairing").c_str(), F_OK) == 0;
}

// State: nonce 24, sealed (seed 32, hash of the hello 32, whether that is in a folder u8, count
// u16, and each peer u16 with the attempts before u32) and its tag.
Status Pairing::load_state() {
  TALLY_TRY(const std::string file, custody::read_private_file(state_path(), 4096));
  TALLY_TRY(const auto plain, custody::open_beside(share_, "pairing", {}, core::as_bytes(file)));
  if (!plain || plain->size() < kEntriesAt) {
    return fail(Code::bad_data, state_path() + " is of another share, or was changed",
                "remove it and begin a new session");
  }
  const ByteView content = plain->bytes();
  const std::size_t count = core::load_le<std::uint16_t>(&content[kEntriesAt - 2]);
  if (content.size() != kEntriesAt + kStateEntryBytes * count) {
    return fail(Code::bad_data, state_path() + " is damaged");
  }
  TALLY_TRY(seed_, core::SecretBytes::allocate(kSeedBytes));
  std::ranges::copy(content.first(kSeedBytes), seed_.bytes().begin());
  std::ranges::copy(content.subspan(kSeedBytes, hello_hash_.size()), hello_hash_.begin());
  has_folder_ = content[kHasFolderAt] != 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* const entry = &content[kEntriesAt + kStateEntryBytes * i];
    peers_.push_back(core::load_le<std::uint16_t>(entry));
    attempts_.push_back(core::load_le<std::uint32_t>(entry + 2));
  }
  return {};
}

Status Pairing::begin(const std::vector<mpc::PartyId>& peers) {
  peers_ = peers;
  for (const mpc::PartyId peer : peers) attempts_.push_back(burns_->attempts(identity_with(peer)));
  TALLY_TRY(seed_, core::SecretBytes::allocate(kSeedBytes));
  core::random_bytes(seed_.bytes());
  return {};
}

Status Pairing::save_state() const {
  TALLY_TRY(auto plain, core::SecretBytes::allocate(kEntriesAt + kStateEntryBytes * peers_.size()));
  const MutableByteView content = plain.bytes();
  std::ranges::copy(ByteView(seed_.bytes()), content.begin());
  std::ranges::copy(hello_hash_, content.subspan(kSeedBytes).begin());
  content[kHasFolderAt] = has_folder_ ? 1 : 0;
  core::store_le(&content[kEntriesAt - 2], static_cast<std::uint16_t>(peers_.size()));
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    std::uint8_t* const entry = &content[kEntriesAt + kStateEntryBytes * i];
    core::store_le(entry, static_cast<std::uint16_t>(peers_[i]));
    core::store_le(entry + 2, attempts_[i]);
  }
  TALLY_TRY(const Bytes file, custody::seal_beside(share_, "pairing", {}, content));
  return core::replace_file(state_path(), file, 0600);
}

std::string Pairing::path_of(PairStep step, mpc::PartyId party) const {
  return fmt::format("{}/{}-{}", folder_, to_text(step), party);
}

bool Pairing::said(PairStep step) const {
  return ::access(path_of(step, share_.id()).c_str(), F_OK) == 0;
}

std::optional<mpc::PartyId> Pairing::missing(PairStep step) const {
  for (const mpc::PartyId peer : peers_) {
    if (::access(path_of(step, peer).c_str(), F_OK) != 0) return peer;
  }
  return std::nullopt;
}

Bytes Pairing::about(PairStep step, mpc::PartyId from, mpc::PartyId to, ByteView transcript) const {
  Bytes out = header_of(share_.group(), step, from, 1);
  core::append_le(out, static_cast<std::uint16_t>(to));
  core::append(out, transcript);
  return out;
}

Result<Bytes> Pairing::read(PairStep step, mpc::PartyId from, ByteView transcript) const {
  const std::string path = path_of(step, from);
  TALLY_TRY(const std::string file, core::read_regular_file(path, kLargestFileBytes));
  const auto entry = entry_for(core::as_bytes(file), share_.group(), step, from, share_.id());
  if (!entry) return fail(entry.error().in(path));
  auto message = channels_.open(from, about(step, from, share_.id(), transcript), *entry);
  if (!message) {
    return fail(Code::protocol,
                fmt::format("{}: not what party {} said in this session", path, from),
                "take a new folder, remove " + state_path() + ", and begin again");
  }
  return std::move(*message);
}

mpc::PairIdentity Pairing::identity_with(mpc::PartyId peer) const {
  const auto x = [](mpc::PartyId id) { return static_cast<mpc::dkls::XId>(id + 1); };
  return {share_.group().key_id(), share_.group().epoch(), x(share_.id()), x(peer), 0};
}

// Plays the pair again from its seed up to this party's message of `until`.
Result<std::unique_ptr<Pairing::Pair>> Pairing::replay(mpc::PartyId peer, PairStep until) const {
  auto pair = std::make_unique<Pair>(seed_.bytes(), share_, peer);
  mpc::PairIdentity& identity = pair->identity;
  identity = identity_with(peer);
  const auto at = std::ranges::find(peers_, peer) - peers_.begin();
  identity.counter = attempts_[static_cast<std::size_t>(at)];
  Bytes theirs;
  if (until != PairStep::hello) {
    TALLY_TRY(theirs, read(PairStep::hello, peer, {}));
    if (theirs.size() != kHelloBytes) return fail(Code::bad_data, "a hello of the wrong length");
  }
  Bytes mine;
  core::append_le(mine, identity.counter);
  // Both sides go by the higher count.
  if (!theirs.empty()) {
    identity.counter = std::max(identity.counter, core::load_le<std::uint32_t>(theirs.data()));
  }
  TALLY_TRY(pair->session, mpc::PairSetupSession::start(identity, pair->random));
  core::append(mine, pair->session->hello());
  const auto both = [&](ByteView own, ByteView other) {
    const bool lower = share_.id() < peer;
    const auto digest = Sha256()
                            .update(pair->transcript)
                            .update(Sha256::digest(lower ? own : other))
                            .update(Sha256::digest(lower ? other : own))
                            .finish();
    pair->transcript.assign(digest.begin(), digest.end());
    pair->heard.update(Sha256::digest(other));
  };
  pair->message = std::move(mine);
  if (until == PairStep::hello) return pair;
  both(pair->message, theirs);
  TALLY_TRY(pair->message, pair->session->offer(ByteView(theirs).subspan(4)));
  if (until == PairStep::offer) return pair;
  TALLY_TRY(theirs, read(PairStep::offer, peer, pair->transcript));
  both(pair->message, theirs);
  TALLY_TRY(pair->message, pair->session->answer(theirs));
  return pair;
}

// Refuses a second message, or a second look at answers, from the same seed.
Status Pairing::use_seed(std::uint8_t step, const ByteArray<32>& heard) {
  const ByteArray<1> number{step};
  return uses_.use(Sha256().update(seed_.bytes()).update(number).finish(), heard);
}

Status Pairing::say(PairStep step) {
  Bytes file = header_of(share_.group(), step, share_.id(), peers_.size());
  Sha256 heard;
  for (const mpc::PartyId peer : peers_) {
    TALLY_TRY(const auto pair, replay(peer, step));
    heard.update(pair->heard.finish());
    const Bytes sealed =
        channels_.seal(peer, about(step, share_.id(), peer, pair->transcript), pair->message);
    core::append_le(file, static_cast<std::uint16_t>(peer));
    core::append_le(file, static_cast<std::uint32_t>(sealed.size()));
    core::append(file, sealed);
  }
  if (step == PairStep::hello) {
    hello_hash_ = Sha256::digest(file);
    TALLY_CHECK(save_state());
  }
  TALLY_CHECK(use_seed(static_cast<std::uint8_t>(step), heard.finish()));
  TALLY_CHECK(core::create_file(path_of(step, share_.id()), file, 0644));
  return keep_to_folder();
}

Status Pairing::finish() {
  std::vector<std::unique_ptr<Pair>> pairs;
  std::vector<Bytes> answers;
  Sha256 heard;
  for (const mpc::PartyId peer : peers_) {
    TALLY_TRY(auto pair, replay(peer, PairStep::answer));
    TALLY_TRY(answers.emplace_back(), read(PairStep::answer, peer, pair->transcript));
    heard.update(Sha256::digest(answers.back()));
    pairs.push_back(std::move(pair));
  }
  TALLY_CHECK(use_seed(4, heard.finish()));
  std::vector<std::string> wrong;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!burns_->begin_attempt(pairs[i]->identity)) {
      return fail(Code::io, "cannot write " + share_path_ + ".burnt");
    }
    const auto setup = pairs[i]->session->finish(answers[i]);
    if (!setup) {
      wrong.push_back(fmt::format("party {} ({})", peers_[i], mpc::to_text(setup.error().cause)));
      continue;
    }
    TALLY_TRY(const Bytes file, custody::seal_pair(**setup, share_));
    TALLY_CHECK(core::replace_file(custody::pair_path(share_path_, peers_[i]), file, 0600));
  }
  // Nothing of a session may be used again, whether it went well or not.
  if (::unlink(state_path().c_str()) != 0) {
    return fail_errno("cannot remove " + state_path(), errno);
  }
  if (wrong.empty()) return {};
  return fail(Code::protocol, fmt::format("no setup with {}", fmt::join(wrong, ", ")),
              "begin again in a new folder; in an epoch a pair is set up 17 times at most");
}

}  // namespace tally::sign
