#include "session_message.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "core/endian.hpp"
#include "core/secret.hpp"
#include "crypto/schnorr.hpp"
#include "crypto/sha256.hpp"
#include "mpc/transcript.hpp"

namespace tally::sign {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCeremonyAt = 48;
constexpr std::size_t kBodyAt = 84;
constexpr std::size_t kWordBytes = custody::PairChannels::kOverheadBytes;
constexpr std::size_t kSignatureBytes = sizeof(crypto::SchnorrSignature);

Bytes header_of(const SessionKind& kind, const Statement& statement, const mpc::GroupKey& group) {
  Bytes out;
  core::append(out, core::as_bytes(kind.magic));
  out.push_back(kVersion);
  out.push_back(statement.step);
  core::append_le(out, static_cast<std::uint16_t>(statement.party));
  core::append(out, group.key_id());
  core::append_le(out, group.epoch());
  core::append(out, statement.ceremony);
  core::append_le(out, static_cast<std::uint32_t>(statement.body.size()));
  return out;
}

// What a host key signs, which is nothing that it signs elsewhere.
ByteArray<32> to_be_signed(const ByteArray<32>& digest) {
  return mpc::Transcript("refresh-message").add("said", digest).finish();
}

}  // namespace

Result<Bytes> write_session_message(const SessionKind& kind, const Statement& statement,
                                    const mpc::GroupKey& group, const SessionAuthor& author) {
  Bytes file = header_of(kind, statement, group);
  core::append(file, statement.body);
  const auto digest = crypto::Sha256::digest(file);
  if (author.channels != nullptr) {
    for (const mpc::PartyId reader : author.readers) {
      core::append(file, author.channels->seal(reader, digest, {}));
    }
  }
  if (author.host == nullptr) return file;
  ByteArray<32> aux{};
  core::random_bytes(aux);
  TALLY_TRY(const auto signature,
            crypto::schnorr_sign(author.host->secret, to_be_signed(digest), aux));
  core::append(file, signature);
  return file;
}

Result<SessionMessage> SessionMessage::parse(const SessionKind& kind, ByteView file,
                                             const mpc::GroupKey& group, std::uint8_t step,
                                             mpc::PartyId party) {
  if (!core::as_text(file).starts_with(kind.magic)) {
    return fail(Code::bad_data, fmt::format("not a message of {}", kind.name));
  }
  if (file.size() < kBodyAt) return fail(Code::bad_data, "the message is truncated");
  SessionMessage message;
  Statement& statement = message.statement_;
  statement.step = step;
  statement.party = party;
  std::ranges::copy(file.subspan(kCeremonyAt, 32), statement.ceremony.begin());
  const Bytes expected = header_of(kind, statement, group);
  if (!std::ranges::equal(ByteView(expected).first(kCeremonyAt), file.first(kCeremonyAt))) {
    return fail(Code::bad_data,
                fmt::format("not a message of {} of this key, epoch, party and step", kind.name));
  }
  const std::size_t body_bytes = core::load_le<std::uint32_t>(&file[kBodyAt - 4]);
  if (body_bytes > file.size() - kBodyAt) return fail(Code::bad_data, "the message is truncated");
  const ByteView words = file.subspan(kBodyAt + body_bytes);
  const bool none_signed = words.size() % kWordBytes == 0;
  const bool one_signed = words.size() % kWordBytes == kSignatureBytes % kWordBytes;
  if (!none_signed && !one_signed) {
    return fail(Code::bad_data, "the message is truncated, or has bytes after its end");
  }
  const ByteView body = file.subspan(kBodyAt, body_bytes);
  statement.body.assign(body.begin(), body.end());
  message.digest_ = crypto::Sha256::digest(file.first(kBodyAt + body_bytes));
  message.words_.assign(words.begin(), words.end());
  return message;
}

bool SessionMessage::ends_in(std::size_t readers, bool with_signature) const {
  return words_.size() == readers * kWordBytes + (with_signature ? kSignatureBytes : 0);
}

bool SessionMessage::said_to(std::size_t position, const custody::PairChannels& channels) const {
  const ByteView word = ByteView(words_).subspan(position * kWordBytes, kWordBytes);
  return channels.open(statement_.party, digest_, word).has_value();
}

bool SessionMessage::signed_by(const crypto::PointBytes& host_key) const {
  return crypto::schnorr_verify(ByteView(words_).last(kSignatureBytes), to_be_signed(digest_),
                                ByteView(host_key).subspan(1));
}

std::optional<ByteArray<32>> ceremony_of(const SessionKind& kind, ByteView file) {
  if (file.size() < kBodyAt || !core::as_text(file).starts_with(kind.magic)) return std::nullopt;
  ByteArray<32> ceremony{};
  std::ranges::copy(file.subspan(kCeremonyAt, ceremony.size()), ceremony.begin());
  return ceremony;
}

}  // namespace tally::sign
