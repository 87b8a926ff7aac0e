#include "refreshing.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "core/endian.hpp"
#include "core/file.hpp"
#include "core/hex.hpp"
#include "crypto/sha256.hpp"
#include "custody/beside.hpp"
#include "custody/group_file.hpp"
#include "custody/pair_file.hpp"
#include "custody/private_file.hpp"
#include "mpc/transcript.hpp"

namespace tally::sign {
namespace {

constexpr std::string_view kStateMagic = "TALLYRFS";
constexpr std::string_view kPurpose = "refresh";
constexpr std::size_t kStateHeaderBytes = 8 + 32 + 4;
constexpr std::size_t kSeedBytes = 32;
constexpr std::size_t kStateBytes = kStateHeaderBytes + custody::kBesideOverheadBytes + kSeedBytes;

using custody::PairChannels;
using mpc::PartyId;
namespace files = refresh_files;

// Under which SHARE.used says out of which ceremony a share of this group came.
ByteArray<32> origin_of(const mpc::GroupKey& group) {
  return mpc::Transcript("refresh-origin").add("group", group.digest()).finish();
}

Bytes state_header(const mpc::KeyId& key_id, std::uint32_t epoch) {
  Bytes out;
  core::append(out, core::as_bytes(kStateMagic));
  core::append(out, key_id);
  core::append_le(out, epoch);
  return out;
}

}  // namespace

// --- beginning and ending ------------------------------------------------------------------------

Result<Refreshing> Refreshing::open(const std::string& share_path, const UnlockedShare& mine,
                                    const std::string& folder, const RefreshTerms& terms,
                                    bool anew) {
  const mpc::Share& share = mine.share;
  if (std::ranges::find(terms.members, share.id()) == terms.members.end()) {
    return fail(Code::usage, fmt::format("party {} is not to go on with the key", share.id()),
                "the others refresh it without this party");
  }
  TALLY_CHECK(check_terms(terms, share.group()));
  TALLY_TRY(auto channels, PairChannels::make(share));
  TALLY_TRY(auto uses, custody::UseJournal::open(files::used_of(share_path)));
  Self self{share.id(), &share.group(), &share, &mine.passphrase, mine.kdf, std::move(channels)};
  Refreshing made(share_path, std::move(self), folder, terms, std::move(uses));
  TALLY_CHECK(made.load_or_begin(anew));
  return made;
}

Result<Refreshing> Refreshing::join(const std::string& share_path, const HostKey& key,
                                    const mpc::GroupKey& group, const std::string& folder) {
  // All parties say the same terms in their first messages, which read() sees to.
  PartyId first = 0;
  while (first < group.parties() &&
         !files::there(files::message_of(folder, RefreshStep::hello, first)))
    ++first;
  if (first == group.parties()) {
    return fail(
        Code::try_again, folder + " has no message of a party yet",
        fmt::format("parties make it by tally-sign refresh --with {}", core::to_hex(key.pub)));
  }
  const std::string path = files::message_of(folder, RefreshStep::hello, first);
  TALLY_TRY(const std::string file, core::read_regular_file(path, files::kLargestMessageBytes));
  const auto message = files::parse(core::as_bytes(file), group, RefreshStep::hello, first);
  if (!message) return fail(message.error().in(path));
  const auto hello = decode_refresh_hello(message->statement().body);
  if (!hello) return fail(Code::bad_data, path + ": a malformed hello");
  const RefreshTerms& terms = hello->terms;
  TALLY_CHECK(check_terms(terms, group));
  const auto place = std::ranges::find(terms.newcomers, key.pub);
  if (place == terms.newcomers.end()) {
    return fail(Code::usage,
                fmt::format("{}: party {} goes on with {}", path, first, to_text(terms)),
                fmt::format("this host key, {}, is none of them", core::to_hex(key.pub)));
  }
  TALLY_TRY(auto uses, custody::UseJournal::open(files::used_of(key.file)));
  const auto behind = static_cast<PartyId>(place - terms.newcomers.begin());
  Self self{group.parties() + behind, &group, nullptr, &key.passphrase, key.kdf, std::nullopt};
  Refreshing made(share_path, std::move(self), folder, terms, std::move(uses));
  TALLY_CHECK(made.refuse_waiting(files::there(made.path_of(RefreshStep::agree, made.self_.id))));
  TALLY_TRY(made.seed_, core::SecretBytes::allocate(kSeedBytes));
  std::ranges::copy(key.secret.bytes(), made.seed_.bytes().begin());
  return made;
}

// Others may have been told of the new share there: it goes on with its own session or with none.
Status Refreshing::refuse_waiting(bool of_this_session) const {
  if (!files::there(files::next_of(share_path_)) || of_this_session) return {};
  return fail(Code::usage,
              files::next_of(share_path_) + " waits for the other parties of another refresh",
              "give that one's folder; remove the file only if no party has ended it");
}

Status Refreshing::load_or_begin(bool anew) {
  const std::string state = files::state_of(share_path_);
  const bool greeted = files::there(path_of(RefreshStep::hello, self_.id));
  TALLY_CHECK(refuse_waiting(!anew && greeted && files::there(state)));
  if (greeted && (anew || !files::there(state))) {
    return fail(Code::usage, folder_ + " is of a session that is over for this party",
                "take a new folder to begin another");
  }
  if (anew || !files::there(state)) return begin_seed();
  TALLY_TRY(const std::string file, custody::read_private_file(state, kStateBytes));
  const Bytes header = state_header(group().key_id(), group().epoch());
  std::optional<core::SecretBytes> seed;
  if (file.size() == kStateBytes && file.starts_with(core::as_text(header))) {
    const ByteView sealed = core::as_bytes(file).subspan(kStateHeaderBytes);
    TALLY_TRY(seed, custody::open_beside(*self_.share, kPurpose, header, sealed));
  }
  if (!seed) {
    return fail(Code::bad_data, state + " is of another share, or was changed",
                "give --anew and a new folder to begin another refresh");
  }
  seed_ = std::move(*seed);
  if (!greeted) return {};
  // A word is sealed to others and does not open here; what it is about is in the clear.
  TALLY_TRY(const auto own, content_of(RefreshStep::hello, self_.id));
  const auto hello = files::parse(own, group(), RefreshStep::hello, self_.id);
  TALLY_TRY(const Bytes expected, own_hello());
  if (hello && hello->statement().body == expected) return {};
  return fail(Code::usage, folder_ + " is of another session, or with other terms",
              "give the folder and options that this refresh was begun with");
}

Status Refreshing::begin_seed() {
  TALLY_TRY(seed_, core::SecretBytes::allocate(kSeedBytes));
  core::random_bytes(seed_.bytes());
  Bytes file = state_header(group().key_id(), group().epoch());
  TALLY_TRY(const Bytes sealed, custody::seal_beside(*self_.share, kPurpose, file, seed_.bytes()));
  core::append(file, sealed);
  return core::replace_file(files::state_of(share_path_), file, 0600);
}

Status Refreshing::end_interrupted(const std::string& share_path, const mpc::Share& share) {
  const std::string state = files::state_of(share_path);
  if (share.group().epoch() == 0 || !files::there(state)) return {};
  TALLY_TRY(const std::string file, custody::read_private_file(state, kStateBytes));
  const Bytes before = state_header(share.group().key_id(), share.group().epoch() - 1);
  if (!file.starts_with(core::as_text(before))) return {};
  TALLY_CHECK(custody::remove_stale_pairs(share_path, share.group()));
  return core::remove_file(state);
}

Result<bool> Refreshing::came_out_of(const std::string& share_path, const std::string& folder,
                                     const mpc::GroupKey& group) {
  const std::string journal = files::used_of(share_path);
  if (!files::there(journal)) return false;
  TALLY_TRY(const auto uses, custody::UseJournal::open(journal));
  const auto ceremony = uses.met(origin_of(group));
  if (!ceremony) return false;
  // Which number this party had in the session is not known any more.
  for (PartyId party = 0; party < 2 * mpc::kMostParties; ++party) {
    const auto file = core::read_regular_file(files::message_of(folder, RefreshStep::hold, party),
                                              files::kLargestMessageBytes);
    if (file && ceremony_of(kRefreshKind, core::as_bytes(*file)) == ceremony) return true;
  }
  return false;
}

// --- steps ---------------------------------------------------------------------------------------

Result<std::optional<Refreshing::Awaited>> Refreshing::go_on(const Said& said) {
  std::optional<RefreshStep> before;
  for (const RefreshStep step :
       {RefreshStep::hello, RefreshStep::deal, RefreshStep::agree, RefreshStep::hold}) {
    if (before) {
      if (const auto party = missing(*before)) {
        if (*before == RefreshStep::hello) TALLY_CHECK(check_greetings());
        return Awaited{*before, *party};
      }
    }
    before = step;
    const auto all = speakers(step);
    const bool mine = std::ranges::find(all, self_.id) != all.end();
    if (!mine || files::there(path_of(step, self_.id))) continue;
    TALLY_CHECK(say(step));
    said(to_text(step), path_of(step, self_.id));
  }
  if (const auto party = missing(RefreshStep::hold)) return Awaited{RefreshStep::hold, *party};
  TALLY_CHECK(finish(said));
  return std::nullopt;
}

Status Refreshing::say(RefreshStep step) {
  if (step == RefreshStep::hello) {
    TALLY_TRY(Bytes body, own_hello());
    return write(step, files::kNoCeremony, std::move(body));
  }
  TALLY_TRY(const auto terms, params());
  Bytes body;
  if (step == RefreshStep::deal) {
    TALLY_TRY(body, own_deal(terms));
  } else if (step == RefreshStep::agree) {
    TALLY_TRY(auto all, agreed());
    body = std::move(all.signature);
  } else {
    TALLY_TRY(const auto next, result());
    TALLY_CHECK(keep(next.share));
    const auto digest = next.share.group().digest();
    body.assign(digest.begin(), digest.end());
  }
  return write(step, terms.ceremony(), std::move(body));
}

// Refuses a second message from the same seed, whatever copies of folder and state there are.
Status Refreshing::write(RefreshStep step, const ByteArray<32>& ceremony, Bytes body) {
  if (auto used = uses_.use(use_name(step, ceremony), met_by(ceremony, body)); !used) {
    Error error = used.error();
    if (error.code == Code::permission) error.hint = files::kBeginAgain;
    return fail(std::move(error));
  }
  std::vector<PartyId> readers = terms_.members;
  std::erase(readers, self_.id);
  TALLY_TRY(const auto host, own_host_key());
  const SessionAuthor author{self_.channels ? &*self_.channels : nullptr, readers,
                             terms_.newcomers.empty() ? nullptr : &host};
  TALLY_TRY(const Bytes file, write_session_message(kRefreshKind,
                                                    {static_cast<std::uint8_t>(step), self_.id,
                                                     ceremony, std::move(body)},
                                                    group(), author));
  return core::replace_file(path_of(step, self_.id), file, 0644);
}

// The new share beside the old one, and opened again before anybody is told of it.
Status Refreshing::keep(const mpc::Share& next) const {
  const std::string path = files::next_of(share_path_);
  // Which session a newcomer's is of stands in the share alone.
  if (files::there(path)) {
    TALLY_TRY(const auto waiting, custody::read_share_file(path));
    TALLY_CHECK(refuse_waiting(waiting.facts.group.digest() == next.group().digest()));
  }
  TALLY_TRY(const Bytes file, custody::seal_share(next, self_.passphrase->bytes(), self_.kdf));
  TALLY_CHECK(core::replace_file(path, file, 0600));
  TALLY_TRY(const auto sealed, custody::read_share_file(path));
  auto opened = custody::open_share(sealed, self_.passphrase->bytes());
  if (!opened) return fail(opened.error().in(path));
  return {};
}

Status Refreshing::record_origin(const mpc::GroupKey& next, const ByteArray<32>& ceremony) {
  const auto origin = origin_of(next);
  if (self_.share != nullptr) return uses_.use(origin, ceremony);
  TALLY_TRY(auto of_the_share, custody::UseJournal::open(files::used_of(share_path_)));
  return of_the_share.use(origin, ceremony);
}

Status Refreshing::finish(const Said& said) {
  TALLY_TRY(const auto terms, params());
  TALLY_TRY(const auto sealed, custody::read_share_file(files::next_of(share_path_)));
  const mpc::GroupKey& next = sealed.facts.group;
  const auto digest = next.digest();
  for (const PartyId member : everybody()) {
    if (member == self_.id) continue;
    TALLY_TRY(const Bytes held, read(RefreshStep::hold, member, terms.ceremony()));
    if (!std::ranges::equal(held, digest)) {
      return fail(
          Code::protocol,
          fmt::format("{}: party {} holds a share of another epoch than {} does",
                      path_of(RefreshStep::hold, member), member, files::next_of(share_path_)),
          "keep all share files, and compare the folders of the parties");
    }
  }
  TALLY_CHECK(record_origin(next, terms.ceremony()));
  const std::string text = custody::encode_group(next);
  TALLY_CHECK(core::replace_file(group_path(), core::as_bytes(text), 0644));
  said("group", group_path());
  const auto put_in_place = self_.share != nullptr ? core::rename_file : core::rename_file_to_new;
  TALLY_CHECK(put_in_place(files::next_of(share_path_), share_path_));
  said("share", share_path_);
  // From here on end_interrupted() does the rest after a kill.
  if (self_.share == nullptr) return {};
  TALLY_CHECK(custody::remove_stale_pairs(share_path_, next));
  return core::remove_file(files::state_of(share_path_));
}

}  // namespace tally::sign
