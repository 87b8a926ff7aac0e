#include "cosigning.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "core/file.hpp"

namespace tally::sign {
namespace {

constexpr std::size_t kLargestMessageBytes = std::size_t{64} << 10U;
constexpr ByteArray<32> kNoSession{};

using mpc::PartyId;

bool there(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

Result<Bytes> read_bytes(const std::string& path) {
  TALLY_TRY(const std::string content, core::read_regular_file(path, kLargestMessageBytes));
  const ByteView bytes = core::as_bytes(content);
  return Bytes(bytes.begin(), bytes.end());
}

Result<SessionMessage> read_message(const std::string& folder, const mpc::GroupKey& group,
                                    CosignStep step, PartyId from) {
  const std::string path = cosign_path(folder, step, from);
  TALLY_TRY(const Bytes file, read_bytes(path));
  auto message =
      SessionMessage::parse(kCosignKind, file, group, static_cast<std::uint8_t>(step), from);
  if (!message) return fail(message.error().in(path));
  return message;
}

Result<mpc::NonceOffer> offer_in(const SessionMessage& message, const std::string& path) {
  auto offer = mpc::NonceOffer::decode(message.statement().body);
  if (!offer || message.statement().ceremony != kNoSession) {
    return fail(Code::bad_data, path + ": a malformed nonce");
  }
  return std::move(*offer);
}

// Whether it is known that the party wrote the file that bears its name.
enum class Author : std::uint8_t { known, claimed };

Result<mpc::PartialSignature> partial_in(const SessionMessage& message, const std::string& path,
                                         const ByteArray<32>& session, Author author) {
  const Statement& statement = message.statement();
  mpc::PartialSignature partial{};
  if (statement.body.size() != partial.size()) {
    return fail(Code::bad_data, path + ": a malformed partial signature");
  }
  if (statement.ceremony != session) {
    return fail(
        Code::bad_data,
        fmt::format("{}: party {}{} with other nonces than these", path, statement.party,
                    author == Author::known ? " signed" : ", or whoever carried the files, signed"),
        "somebody's nonce file is not the one that all had: compare the folders");
  }
  std::ranges::copy(statement.body, partial.begin());
  return partial;
}

// What somebody means to sign, where it is not what is meant here.
std::string difference(const mpc::SigningTerms& theirs, const mpc::SigningTerms& ours) {
  if (theirs.message_hash != ours.message_hash) return "another message";
  if (theirs.path != ours.path) return "for another child of the key";
  return fmt::format("with parties {} and not {}", fmt::join(theirs.signers, ", "),
                     fmt::join(ours.signers, ", "));
}

// A party that is known to have written the file may still have done so in another session.
Status check_terms(const mpc::NonceOffer& offer, PartyId from, const mpc::SigningRounds& rounds,
                   const std::string& path, Author author) {
  if (offer.terms == rounds.terms()) return {};
  const std::string other = difference(offer.terms, rounds.terms());
  return fail(
      Code::usage,
      author == Author::known
          ? fmt::format("{}: party {} signs {}, or this is its nonce of another session", path,
                        from, other)
          : fmt::format("{} says that party {} signs {}: that party, or whoever carried the files",
                        path, from, other),
      "agree on message, path and signers, and begin again in a new folder");
}

// A failure of the arithmetic, which knows the party by its position at least.
Error named(const mpc::Failure& failure, std::span<const PartyId> signers,
            const std::string& hint) {
  Error error = failure;
  if (!failure.party && failure.position && *failure.position < signers.size()) {
    error = mpc::Failure{failure.fault, failure.position, signers[*failure.position]};
  }
  error.hint = hint;
  return error;
}

}  // namespace

const char* to_text(CosignStep step) {
  return step == CosignStep::nonce ? "nonce" : "partial";
}

std::string cosign_path(const std::string& folder, CosignStep step, PartyId party) {
  return fmt::format("{}/{}-{}", folder, to_text(step), party);
}

// --- without a share -----------------------------------------------------------------------------

Result<mpc::SigningRounds> read_rounds(const std::string& folder, const mpc::GroupKey& group,
                                       ByteView message) {
  for (PartyId party = 0; party < group.parties(); ++party) {
    const std::string path = cosign_path(folder, CosignStep::nonce, party);
    if (!there(path)) continue;
    TALLY_TRY(const auto first, read_message(folder, group, CosignStep::nonce, party));
    TALLY_TRY(auto offer, offer_in(first, path));
    auto rounds = mpc::SigningRounds::make(group, offer.terms.signers, offer.terms.path, message);
    if (!rounds) return fail(Error(rounds.error()).in(path));
    TALLY_CHECK(check_terms(offer, party, *rounds, path, Author::claimed));
    return std::move(*rounds);
  }
  return fail(Code::no_input, folder + " holds no nonce", "each signer makes one with --share");
}

Result<mpc::Signature> combine_files(const std::string& folder, const mpc::GroupKey& group,
                                     const mpc::SigningRounds& rounds) {
  std::vector<mpc::PubNonce> nonces;
  std::vector<mpc::PartialSignature> partials;
  const std::span<const PartyId> signers = rounds.terms().signers;
  for (const PartyId party : signers) {
    TALLY_TRY(const auto message, read_message(folder, group, CosignStep::nonce, party));
    const std::string path = cosign_path(folder, CosignStep::nonce, party);
    TALLY_TRY(const auto offer, offer_in(message, path));
    TALLY_CHECK(check_terms(offer, party, rounds, path, Author::claimed));
    nonces.push_back(offer.nonce);
  }
  const auto session = rounds.session_id(nonces);
  for (const PartyId party : signers) {
    TALLY_TRY(const auto message, read_message(folder, group, CosignStep::partial, party));
    const std::string path = cosign_path(folder, CosignStep::partial, party);
    TALLY_TRY(partials.emplace_back(), partial_in(message, path, session, Author::claimed));
  }
  const auto signature = rounds.combine(nonces, partials);
  if (!signature) {
    return fail(named(signature.error(), signers,
                      "that party made it so, or whoever carried the files: the other signers "
                      "can tell, by this command with --share"));
  }
  return *signature;
}

// --- a signer ------------------------------------------------------------------------------------

Result<Cosigning> Cosigning::open(const std::string& share_path, const mpc::Share& share,
                                  const std::string& folder, const mpc::SigningRounds& rounds,
                                  bool anew) {
  TALLY_TRY(auto channels, custody::PairChannels::make(share));
  TALLY_TRY(auto nonce, custody::NonceFile::open(share_path, share, rounds.terms_digest()));
  Cosigning made(share, folder, rounds, std::move(nonce), std::move(channels));
  if (anew) {
    if (there(made.path_of(CosignStep::nonce, share.id()))) {
      return fail(Code::usage, folder + " is of a session that this party has part in",
                  "give --anew with a new folder");
    }
    TALLY_CHECK(made.nonce_.remove());
  }
  TALLY_CHECK(made.check_folder());
  return made;
}

// Whether the folder is of what is begun. Of a session whose end this party has seen it keeps
// nothing, and its files are taken as everybody takes them.
Status Cosigning::check_folder() const {
  const std::string path = path_of(CosignStep::nonce, share_.id());
  const std::string partial = path_of(CosignStep::partial, share_.id());
  if (nonce_.begun()) return {};
  if (!there(path)) {
    if (!there(partial)) return {};
    return fail(Code::no_input, partial + " is there and " + path + " is not",
                "have both carried, or begin in a new folder");
  }
  TALLY_TRY(const auto message,
            read_message(folder_, share_.group(), CosignStep::nonce, share_.id()));
  TALLY_TRY(const auto offer, offer_in(message, path));
  TALLY_CHECK(check_terms(offer, share_.id(), rounds_, path, Author::claimed));
  if (there(partial)) return {};
  return fail(Code::usage, folder_ + " is of a session that is over for this party",
              "all signers begin again in a new folder");
}

std::optional<PartyId> Cosigning::missing(CosignStep step) const {
  for (const PartyId party : signers()) {
    if (!there(path_of(step, party))) return party;
  }
  return std::nullopt;
}

Result<Bytes> Cosigning::message_of(CosignStep step, const ByteArray<32>& session,
                                    Bytes body) const {
  std::vector<PartyId> readers(signers().begin(), signers().end());
  std::erase(readers, share_.id());
  return write_session_message(
      kCosignKind, {static_cast<std::uint8_t>(step), share_.id(), session, std::move(body)},
      share_.group(), {&channels_, readers, nullptr});
}

Result<bool> Cosigning::put(CosignStep step, ByteView stored) const {
  const std::string path = path_of(step, share_.id());
  if (!there(path)) {
    TALLY_CHECK(core::create_file(path, stored, 0644));
    return true;
  }
  TALLY_TRY(const Bytes file, read_bytes(path));
  if (std::ranges::equal(file, stored)) return false;
  return fail(Code::bad_data, path + " is not what this party said in this session",
              "it is of another session, or was changed: if this is the folder, remove that file "
              "and run this again");
}

Status Cosigning::check_word(const SessionMessage& message, std::span<const PartyId> signers,
                             const std::string& path) const {
  const PartyId from = message.statement().party;
  std::vector<PartyId> readers(signers.begin(), signers.end());
  std::erase(readers, from);
  const auto position = std::ranges::find(readers, share_.id()) - readers.begin();
  if (message.ends_in(readers.size(), false) &&
      message.said_to(static_cast<std::size_t>(position), channels_)) {
    return {};
  }
  return fail(Code::protocol, fmt::format("{}: not as party {} wrote it", path, from),
              "it was changed on its way: have it carried again");
}

Result<mpc::PubNonce> Cosigning::nonce_of(PartyId party) const {
  const bool own = party == share_.id();
  if (own && nonce_.begun()) return nonce_.public_nonce();
  const std::string path = path_of(CosignStep::nonce, party);
  TALLY_TRY(const auto message, read_message(folder_, share_.group(), CosignStep::nonce, party));
  TALLY_TRY(const auto offer, offer_in(message, path));
  // Who has other terms wrote for other readers. The word is looked for where the file says, since
  // only who is known to have written the terms may be blamed for them.
  const std::vector<PartyId>& readers = offer.terms.signers;
  const bool reads = !own && std::ranges::find(readers, share_.id()) != readers.end();
  if (reads) TALLY_CHECK(check_word(message, readers, path));
  TALLY_CHECK(check_terms(offer, party, rounds_, path, reads ? Author::known : Author::claimed));
  return offer.nonce;
}

// Those that are there already: who wants something else should hear it before all have come.
Status Cosigning::check_offers() const {
  for (const PartyId party : signers()) {
    if (there(path_of(CosignStep::nonce, party))) TALLY_CHECK(nonce_of(party));
  }
  return {};
}

Result<std::vector<mpc::PubNonce>> Cosigning::nonces() const {
  std::vector<mpc::PubNonce> all;
  for (const PartyId party : signers()) {
    TALLY_TRY(all.emplace_back(), nonce_of(party));
  }
  return all;
}

Status Cosigning::draw() {
  ByteArray<32> random{};
  core::random_bytes(random);
  auto nonce = rounds_.draw(share_, random);
  core::wipe(random);
  if (!nonce) return fail(Error(nonce.error()));
  const mpc::NonceOffer offer{rounds_.terms(), nonce->pub};
  TALLY_TRY(Bytes message, message_of(CosignStep::nonce, kNoSession, offer.encode()));
  return nonce_.begin(std::move(*nonce), std::move(message));
}

// The nonce meets these others and no more, and what comes of it is on disk before it leaves.
Status Cosigning::sign(std::span<const mpc::PubNonce> nonces) {
  const auto session = rounds_.session_id(nonces);
  if (!nonce_.second_message().empty()) {
    if (nonce_.session() == session) return {};
    return fail(Code::permission, "this party has signed with other nonces than the folder's",
                "go on in the folder where it did, or all signers begin again in a new folder "
                "with --anew");
  }
  // What cannot come to a signature must not cost the nonce.
  if (const auto sum = mpc::nonce_agg(nonces); !sum) {
    return fail(named(sum.error(), signers(), "all signers begin again in a new folder"));
  }
  TALLY_TRY(auto nonce, nonce_.take(session));
  const auto partial = rounds_.sign(std::move(nonce), share_, nonces);
  if (!partial) return fail(Error(partial.error()));
  TALLY_TRY(Bytes message,
            message_of(CosignStep::partial, session, Bytes(partial->begin(), partial->end())));
  return nonce_.keep(session, std::move(message));
}

Status Cosigning::combine(std::span<const mpc::PubNonce> nonces) {
  const auto session = rounds_.session_id(nonces);
  std::vector<mpc::PartialSignature> partials;
  for (const PartyId party : signers()) {
    const std::string path = path_of(CosignStep::partial, party);
    TALLY_TRY(const auto message,
              read_message(folder_, share_.group(), CosignStep::partial, party));
    const bool own = party == share_.id();
    if (!own) TALLY_CHECK(check_word(message, signers(), path));
    TALLY_TRY(partials.emplace_back(),
              partial_in(message, path, session, own ? Author::claimed : Author::known));
  }
  const auto signature = rounds_.combine(nonces, partials);
  if (!signature) {
    const bool own = signature.error().party == share_.id();
    return fail(named(signature.error(), signers(),
                      own ? "the file was changed on its way: have it carried again"
                          : "this party knows that the file is as that party wrote it; it is no "
                            "proof for others"));
  }
  signature_ = *signature;
  return {};
}

Result<std::optional<Cosigning::Awaited>> Cosigning::go_on(const Said& said) {
  const auto say = [&](CosignStep step, ByteView stored) -> Status {
    TALLY_TRY(const bool written, put(step, stored));
    if (written) said(to_text(step), path_of(step, share_.id()));
    return {};
  };
  TALLY_CHECK(check_offers());
  const bool over = !nonce_.begun() && there(path_of(CosignStep::partial, share_.id()));
  if (!over) {
    if (!nonce_.begun()) TALLY_CHECK(draw());
    TALLY_CHECK(say(CosignStep::nonce, nonce_.first_message()));
  }
  if (const auto party = missing(CosignStep::nonce)) return Awaited{CosignStep::nonce, *party};
  TALLY_TRY(const auto all, nonces());
  if (!over) {
    TALLY_CHECK(sign(all));
    TALLY_CHECK(say(CosignStep::partial, nonce_.second_message()));
  }
  if (const auto party = missing(CosignStep::partial)) return Awaited{CosignStep::partial, *party};
  TALLY_CHECK(combine(all));
  return std::nullopt;
}

}  // namespace tally::sign
