// Of a refresh: what each party has to say, what the others said in the folder, and what follows
// from it.
#include <algorithm>
#include <fmt/format.h>

#include "core/file.hpp"
#include "crypto/sha256.hpp"
#include "mpc/transcript.hpp"
#include "refreshing.hpp"

namespace tally::sign {

using mpc::PartyId;
namespace files = refresh_files;

std::string Refreshing::path_of(RefreshStep step, PartyId party) const {
  return files::message_of(folder_, step, party);
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
    if (!files::there(path_of(step, party))) return party;
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
    TALLY_TRY(std::string file, core::read_regular_file(path, files::kLargestMessageBytes));
    place = contents_.emplace(path, std::move(file)).first;
  }
  return core::as_bytes(place->second);
}

Result<Bytes> Refreshing::read(RefreshStep step, PartyId from,
                               const ByteArray<32>& ceremony) const {
  const std::string path = path_of(step, from);
  TALLY_TRY(const auto file, content_of(step, from));
  auto message = files::parse(file, group(), step, from);
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
                    : std::string(files::kBeginAgain));
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
    TALLY_TRY(greeting, read(RefreshStep::hello, from, files::kNoCeremony));
  }
  const auto hello = decode_refresh_hello(greeting);
  return hello && message.signed_by(hello->host_key);
}

// Those that are there already: who wants something else should hear it before all have come.
Status Refreshing::check_greetings() const {
  for (const PartyId member : terms_.members) {
    if (member == self_.id || !files::there(path_of(RefreshStep::hello, member))) continue;
    TALLY_CHECK(read(RefreshStep::hello, member, files::kNoCeremony));
  }
  return {};
}

Result<mpc::ReshareParams> Refreshing::params() const {
  mpc::ReshareParams params{group(), dealers(), {terms_.threshold, {}}};
  for (const PartyId member : terms_.members) {
    const bool mine = member == self_.id;
    TALLY_TRY(const Bytes body,
              mine ? own_hello() : read(RefreshStep::hello, member, files::kNoCeremony));
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
    error.hint = "compare the deal files of the two, and " + std::string(files::kBeginAgain);
  } else if (failure.party) {
    error.message = fmt::format("party {}: {}", *failure.party, mpc::to_text(failure.fault));
  }
  if (error.hint.empty()) error.hint = files::kBeginAgain;
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

// What SHARE.used says that a message met.
ByteArray<32> Refreshing::met_by(const ByteArray<32>& ceremony, ByteView body) {
  return crypto::Sha256().update(ceremony).update(body).finish();
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

}  // namespace tally::sign
