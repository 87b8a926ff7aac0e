#include "refreshing.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>

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
constexpr std::size_t kLargestMessageBytes = std::size_t{64} << 10U;
constexpr ByteArray<32> kNoCeremony{};
constexpr std::string_view kBeginAgain = "begin again in a new folder with --anew";

using custody::PairChannels;
using mpc::PartyId;

std::string state_path(const std::string& share_path) {
  return share_path + ".refresh";
}
std::string next_path(const std::string& share_path) {
  return share_path + ".next";
}
std::string used_path(const std::string& of) {
  return of + ".used";
}
bool there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

std::string file_of(const std::string& folder, RefreshStep step, PartyId party) {
  return fmt::format("{}/{}-{}", folder, to_text(step), party);
}

// Under which SHARE.used says out of which ceremony a share of this group came.
ByteArray<32> origin_of(const mpc::GroupKey& group) {
  return mpc::Transcript("refresh-origin").add("group", group.digest()).finish();
}

// What SHARE.used says that a message met.
ByteArray<32> met_by(const ByteArray<32>& ceremony, ByteView body) {
  return crypto::Sha256().update(ceremony).update(body).finish();
}

Result<SessionMessage> parse(ByteView file, const mpc::GroupKey& group, RefreshStep step,
                             PartyId from) {
  return SessionMessage::parse(kRefreshKind, file, group, static_cast<std::uint8_t>(step), from);
}

Bytes state_header(const mpc::KeyId& key_id, std::uint32_t epoch) {
  Bytes out;
  core::append(out, core::as_bytes(kStateMagic));
  core::append(out, key_id);
  core::append_le(out, epoch);
  return out;
}

}  // namespace

const char* to_text(RefreshStep step) {
  switch (step) {
    case RefreshStep::hello:
      return "hello";
    case RefreshStep::deal:
      return "deal";
    case RefreshStep::agree:
      return "agree";
    case RefreshStep::hold:
      return "hold";
  }
  return "";
}

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
  TALLY_TRY(auto uses, custody::UseJournal::open(used_path(share_path)));
  Self self{share.id(), &share.group(), &share, &mine.passphrase, mine.kdf, std::move(channels)};
  Refreshing made(share_path, std::move(self), folder, terms, std::move(uses));
  TALLY_CHECK(made.load_or_begin(anew));
  return made;
}

Result<Refreshing> Refreshing::join(const std::string& share_path, const HostKey& key,
                                    const mpc::GroupKey& group, const std::string& folder) {
  // All parties say the same terms in their first messages, which read() sees to.
  PartyId first = 0;
  while (first < group.parties() && !there(file_of(folder, RefreshStep::hello, first))) ++first;
  if (first == group.parties()) {
    return fail(
        Code::try_again, folder + " has no message of a party yet",
        fmt::format("parties make it by tally-sign refresh --with {}", core::to_hex(key.pub)));
  }
  const std::string path = file_of(folder, RefreshStep::hello, first);
  TALLY_TRY(const std::string file, core::read_regular_file(path, kLargestMessageBytes));
  const auto message = parse(core::as_bytes(file), group, RefreshStep::hello, first);
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
  TALLY_TRY(auto uses, custody::UseJournal::open(used_path(key.file)));
  const auto behind = static_cast<PartyId>(place - terms.newcomers.begin());
  Self self{group.parties() + behind, &group, nullptr, &key.passphrase, key.kdf, std::nullopt};
  Refreshing made(share_path, std::move(self), folder, terms, std::move(uses));
  TALLY_CHECK(made.refuse_waiting(there(made.path_of(RefreshStep::agree, made.self_.id))));
  TALLY_TRY(made.seed_, core::SecretBytes::allocate(kSeedBytes));
  std::ranges::copy(key.secret.bytes(), made.seed_.bytes().begin());
  return made;
}

// Others may have been told of the new share there: it goes on with its own session or with none.
Status Refreshing::refuse_waiting(bool of_this_session) const {
  if (!there(next_path(share_path_)) || of_this_session) return {};
  return fail(Code::usage,
              next_path(share_path_) + " waits for the other parties of another refresh",
              "give that one's folder; remove the file only if no party has ended it");
}

Status Refreshing::load_or_begin(bool anew) {
  const std::string state = state_path(share_path_);
  const bool greeted = there(path_of(RefreshStep::hello, self_.id));
  TALLY_CHECK(refuse_waiting(!anew && greeted && there(state)));
  if (greeted && (anew || !there(state))) {
    return fail(Code::usage, folder_ + " is of a session that is over for this party",
                "take a new folder to begin another");
  }
  if (anew || !there(state)) return begin_seed();
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
  const auto hello = parse(own, group(), RefreshStep::hello, self_.id);
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
  return core::replace_file(state_path(share_path_), file, 0600);
}

Status Refreshing::end_interrupted(const std::string& share_path, const mpc::Share& share) {
  const std::string state = state_path(share_path);
  if (share.group().epoch() == 0 || !there(state)) return {};
  TALLY_TRY(const std::string file, custody::read_private_file(state, kStateBytes));
  const Bytes before = state_header(share.group().key_id(), share.group().epoch() - 1);
  if (!file.starts_with(core::as_text(before))) return {};
  TALLY_CHECK(custody::remove_stale_pairs(share_path, share.group()));
  return core::remove_file(state);
}

Result<bool> Refreshing::came_out_of(const std::string& share_path, const std::string& folder,
                                     const mpc::GroupKey& group) {
  const std::string journal = used_path(share_path);
  if (!there(journal)) return false;
  TALLY_TRY(const auto uses, custody::UseJournal::open(journal));
  const auto ceremony = uses.met(origin_of(group));
  if (!ceremony) return false;
  // Which number this party had in the session is not known any more.
  for (PartyId party = 0; party < 2 * mpc::kMostParties; ++party) {
    const auto file =
        core::read_regular_file(file_of(folder, RefreshStep::hold, party), kLargestMessageBytes);
    if (file && ceremony_of(kRefreshKind, core::as_bytes(*file)) == ceremony) return true;
  }
  return false;
}

// --- what is said --------------------------------------------------------------------------------

std::string Refreshing::path_of(RefreshStep step, PartyId party) const {
  return file_of(folder_, step, party);
}

std::vector<PartyId> Refreshing::everybody() const {
  std::vector<PartyId> all = terms_.members;
  for (PartyId i = 0; i < terms_.newcomers.size(); ++i) all.push_back(group().parties() + i);
  return all;
}

// The first t: all must be there anyway, and all must know who deals.
std::vector<PartyId> Refreshing::dealers() const {
  return {terms_.members.begin(), terms_.members.begin() + group().threshold()};
}

std::vector<PartyId> Refreshing::speakers(RefreshStep step) const {
  switch (step) {
    case RefreshStep::hello:
      return terms_.members;
    case RefreshStep::deal:
      return dealers();
    default:
      return everybody();
  }
}

std::optional<PartyId> Refreshing::missing(RefreshStep step) const {
  for (const PartyId party : speakers(step)) {
    if (!there(path_of(step, party))) return party;
  }
  return std::nullopt;
}

// From the seed and the share together, so that neither alone gives it.
ByteArray<32> Refreshing::draw(std::string_view what) const {
  mpc::Transcript transcript("refresh-draw");
  transcript.add("what", core::as_bytes(what)).add("seed", seed_.bytes());
  if (self_.share != nullptr) transcript.add("share", self_.share->secret_bytes());
  return transcript.finish();
}

Result<mpc::HostKey> Refreshing::own_host_key() const {
  const bool newcomer = self_.share == nullptr;
  // No assignment from draw(), which would leave its value behind on the stack.
  auto drawn = newcomer ? ByteArray<32>{} : draw("host");
  auto key = mpc::host_key(newcomer ? ByteView(seed_.bytes()) : ByteView(drawn));
  core::wipe(drawn);
  if (!key) return fail(Error(key.error()));
  return std::move(*key);
}

Result<Bytes> Refreshing::own_hello() const {
  TALLY_TRY(const auto host, own_host_key());
  return encode(RefreshHello{host.pub, terms_});
}

Result<ByteView> Refreshing::content_of(RefreshStep step, PartyId party) const {
  const std::string path = path_of(step, party);
  auto place = contents_.find(path);
  if (place == contents_.end()) {
    TALLY_TRY(std::string file, core::read_regular_file(path, kLargestMessageBytes));
    place = contents_.emplace(path, std::move(file)).first;
  }
  return core::as_bytes(place->second);
}

Result<Bytes> Refreshing::read(RefreshStep step, PartyId from,
                               const ByteArray<32>& ceremony) const {
  const std::string path = path_of(step, from);
  TALLY_TRY(const auto file, content_of(step, from));
  auto message = parse(file, group(), step, from);
  if (!message) return fail(message.error().in(path));
  const Statement& statement = message->statement();
  // Who has other terms has other readers, and that is the better thing to say.
  if (step == RefreshStep::hello) {
    const auto hello = decode_refresh_hello(statement.body);
    if (hello && hello->terms != terms_) {
      return fail(Code::usage,
                  fmt::format("{}: party {} goes on with {}, this party with {}", path, from,
                              to_text(hello->terms), to_text(terms_)),
                  "agree on the options, and begin again in a new folder with --anew");
    }
  }
  bool said = false;
  if (statement.ceremony == ceremony) {
    TALLY_TRY(said, is_said_by(from, *message));
  }
  if (!said) {
    return fail(Code::protocol,
                fmt::format("{}: not what party {} said in this session", path, from),
                step == RefreshStep::hold
                    ? std::string("keep all share files, and get that file from others who have it")
                    : std::string(kBeginAgain));
  }
  return statement.body;
}

Result<bool> Refreshing::is_said_by(PartyId from, const SessionMessage& message) const {
  const auto& members = terms_.members;
  const bool with_signature = !terms_.newcomers.empty();
  if (is_newcomer(from)) {
    return message.ends_in(0, with_signature) &&
           message.signed_by(terms_.newcomers[from - group().parties()]);
  }
  if (!message.ends_in(members.size() - 1, with_signature)) return false;
  if (self_.share != nullptr) {
    std::vector<PartyId> readers = members;
    std::erase(readers, from);
    const auto position = std::ranges::find(readers, self_.id) - readers.begin();
    return message.said_to(static_cast<std::size_t>(position), *self_.channels);
  }
  Bytes greeting = message.statement().body;
  if (message.statement().step != static_cast<std::uint8_t>(RefreshStep::hello)) {
    TALLY_TRY(greeting, read(RefreshStep::hello, from, kNoCeremony));
  }
  const auto hello = decode_refresh_hello(greeting);
  return hello && message.signed_by(hello->host_key);
}

// Those that are there already: who wants something else should hear it before all have come.
Status Refreshing::check_greetings() const {
  for (const PartyId member : terms_.members) {
    if (member == self_.id || !there(path_of(RefreshStep::hello, member))) continue;
    TALLY_CHECK(read(RefreshStep::hello, member, kNoCeremony));
  }
  return {};
}

Result<mpc::ReshareParams> Refreshing::params() const {
  mpc::ReshareParams params{group(), dealers(), {terms_.threshold, {}}};
  for (const PartyId member : terms_.members) {
    const bool mine = member == self_.id;
    TALLY_TRY(const Bytes body, mine ? own_hello() : read(RefreshStep::hello, member, kNoCeremony));
    const auto hello = decode_refresh_hello(body);
    if (!hello) {
      return fail(Code::bad_data, path_of(RefreshStep::hello, member) + ": a malformed hello");
    }
    params.next.host_keys.push_back(hello->host_key);
  }
  params.next.host_keys.insert(params.next.host_keys.end(), terms_.newcomers.begin(),
                               terms_.newcomers.end());
  if (const auto checked = mpc::check_params(params); !checked) {
    return fail(named(checked.error()));
  }
  return params;
}

// A failure of mpc/reshare.hpp in the numbers that parties have now, and without a coordinator, for
// there is none. An agreement that does not verify accuses nobody: a dealer may have shown the
// two parties different deals.
Error Refreshing::named(mpc::Failure failure) const {
  using mpc::Fault;
  const bool of_next = failure.fault == Fault::bad_agreement ||
                       failure.fault == Fault::bad_host_key ||
                       failure.fault == Fault::duplicate_host_key;
  if (of_next && failure.party) failure.party = everybody()[*failure.party];
  Error error = failure;
  if (failure.fault == Fault::bad_agreement) {
    error.message = fmt::format("{}: party {} has agreed to other deals than are here",
                                path_of(RefreshStep::agree, *failure.party), *failure.party);
    error.hint = "compare the deal files of the two, and " + std::string(kBeginAgain);
  } else if (failure.party) {
    error.message = fmt::format("party {}: {}", *failure.party, mpc::to_text(failure.fault));
  }
  if (error.hint.empty()) error.hint = kBeginAgain;
  return error;
}

Result<Bytes> Refreshing::own_deal(const mpc::ReshareParams& terms) const {
  auto random = draw("deal");
  auto dealt = mpc::deal_again(terms, *self_.share, random);
  core::wipe(random);
  if (!dealt) return fail(named(dealt.error()));
  return std::move(*dealt);
}

Result<Refreshing::Agreed> Refreshing::agreed() const {
  TALLY_TRY(const auto terms, params());
  std::vector<Bytes> dealt;
  for (const PartyId dealer : terms.dealers) {
    const bool mine = dealer == self_.id;
    TALLY_TRY(dealt.emplace_back(),
              mine ? own_deal(terms) : read(RefreshStep::deal, dealer, terms.ceremony()));
  }
  auto coordinator = mpc::ReshareCoordinator::collect(terms, dealt);
  if (!coordinator) return fail(named(coordinator.error()));
  TALLY_TRY(const auto host, own_host_key());
  ByteArray<32> secret{};
  host.secret.value().encode_to(secret);
  auto receiver = mpc::ReshareReceiver::make(terms, secret);
  core::wipe(secret);
  if (!receiver) return fail(named(receiver.error()));
  auto aux = draw("agree");
  const auto signature = receiver->agree(coordinator->collection(), aux);
  core::wipe(aux);
  if (signature) {
    return Agreed{std::move(*coordinator), std::move(*receiver),
                  Bytes(signature->begin(), signature->end())};
  }
  if (signature.error().fault != mpc::Fault::wrong_dealt_share) {
    return fail(named(signature.error()));
  }
  return fail(named(receiver->investigate(coordinator->investigation(receiver->id()))));
}

// Under which a message of this party is on record. A seed is for one session; a newcomer's host
// key is for more, so its name has the ceremony as well.
ByteArray<32> Refreshing::use_name(RefreshStep step, const ByteArray<32>& ceremony) const {
  const ByteArray<1> number{static_cast<std::uint8_t>(step)};
  crypto::Sha256 name;
  name.update(seed_.bytes()).update(number);
  if (self_.share == nullptr) name.update(ceremony);
  return name.finish();
}

Result<mpc::DkgResult> Refreshing::result() const {
  TALLY_TRY(const auto terms, params());
  TALLY_TRY(const auto all, agreed());
  // What it agrees to was made again, from the deals that are there now.
  const auto ceremony = terms.ceremony();
  if (uses_.met(use_name(RefreshStep::agree, ceremony)) != met_by(ceremony, all.signature)) {
    return fail(Code::permission,
                folder_ + ": not the deals that this party has agreed to, or it never has",
                fmt::format("get the deal files again that were there, and remove {} if it is not "
                            "of this party's making",
                            path_of(RefreshStep::agree, self_.id)));
  }
  std::vector<Bytes> signatures;
  for (const PartyId member : everybody()) {
    const bool mine = member == self_.id;
    TALLY_TRY(signatures.emplace_back(),
              mine ? all.signature : read(RefreshStep::agree, member, ceremony));
  }
  const auto common = all.coordinator.finish(signatures);
  if (!common) return fail(named(common.error()));
  auto mine = all.receiver.finish(common->certificate);
  if (!mine) return fail(named(mine.error()));
  return std::move(*mine);
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
    if (!mine || there(path_of(step, self_.id))) continue;
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
    return write(step, kNoCeremony, std::move(body));
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
    if (error.code == Code::permission) error.hint = kBeginAgain;
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
  const std::string path = next_path(share_path_);
  // Which session a newcomer's is of stands in the share alone.
  if (there(path)) {
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
  TALLY_TRY(auto of_the_share, custody::UseJournal::open(used_path(share_path_)));
  return of_the_share.use(origin, ceremony);
}

Status Refreshing::finish(const Said& said) {
  TALLY_TRY(const auto terms, params());
  TALLY_TRY(const auto sealed, custody::read_share_file(next_path(share_path_)));
  const mpc::GroupKey& next = sealed.facts.group;
  const auto digest = next.digest();
  for (const PartyId member : everybody()) {
    if (member == self_.id) continue;
    TALLY_TRY(const Bytes held, read(RefreshStep::hold, member, terms.ceremony()));
    if (!std::ranges::equal(held, digest)) {
      return fail(Code::protocol,
                  fmt::format("{}: party {} holds a share of another epoch than {} does",
                              path_of(RefreshStep::hold, member), member, next_path(share_path_)),
                  "keep all share files, and compare the folders of the parties");
    }
  }
  TALLY_CHECK(record_origin(next, terms.ceremony()));
  const std::string text = custody::encode_group(next);
  TALLY_CHECK(core::replace_file(group_path(), core::as_bytes(text), 0644));
  said("group", group_path());
  const auto put_in_place = self_.share != nullptr ? core::rename_file : core::rename_file_to_new;
  TALLY_CHECK(put_in_place(next_path(share_path_), share_path_));
  said("share", share_path_);
  // From here on end_interrupted() does the rest after a kill.
  if (self_.share == nullptr) return {};
  TALLY_CHECK(custody::remove_stale_pairs(share_path_, next));
  return core::remove_file(state_path(share_path_));
}

}  // namespace tally::sign
