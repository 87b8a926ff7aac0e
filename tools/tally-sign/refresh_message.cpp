#include "refresh_message.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "crypto/sha256.hpp"

namespace tally::sign {
namespace {

constexpr std::string_view kMagic = "TALLYRFR";
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kCeremonyAt = 48;
constexpr std::size_t kBodyAt = 84;
constexpr std::size_t kWordBytes = custody::PairChannels::kOverheadBytes;

Bytes header_of(const RefreshStatement& statement, const mpc::GroupKey& group) {
  Bytes out;
  core::append(out, core::as_bytes(kMagic));
  out.push_back(kVersion);
  out.push_back(static_cast<std::uint8_t>(statement.step));
  core::append_le(out, static_cast<std::uint16_t>(statement.party));
  core::append(out, group.key_id());
  core::append_le(out, group.epoch());
  core::append(out, statement.ceremony);
  core::append_le(out, static_cast<std::uint32_t>(statement.body.size()));
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

Bytes write_refresh_message(const RefreshStatement& statement, const mpc::GroupKey& group,
                            std::span<const mpc::PartyId> readers,
                            const custody::PairChannels& channels) {
  Bytes file = header_of(statement, group);
  core::append(file, statement.body);
  const auto digest = crypto::Sha256::digest(file);
  for (const mpc::PartyId reader : readers) core::append(file, channels.seal(reader, digest, {}));
  return file;
}

Result<RefreshMessage> RefreshMessage::parse(ByteView file, const mpc::GroupKey& group,
                                             RefreshStep step, mpc::PartyId party) {
  if (!core::as_text(file).starts_with(kMagic)) {
    return fail(Code::bad_data, "not a message of a refresh");
  }
  if (file.size() < kBodyAt) return fail(Code::bad_data, "the message is truncated");
  RefreshMessage message;
  RefreshStatement& statement = message.statement_;
  statement.step = step;
  statement.party = party;
  std::ranges::copy(file.subspan(kCeremonyAt, 32), statement.ceremony.begin());
  const Bytes expected = header_of(statement, group);
  if (!std::ranges::equal(ByteView(expected).first(kCeremonyAt), file.first(kCeremonyAt))) {
    return fail(Code::bad_data, "not a message of a refresh of this key, epoch, party and step");
  }
  const std::size_t body_bytes = core::load_le<std::uint32_t>(&file[kBodyAt - 4]);
  if (body_bytes > file.size() - kBodyAt) return fail(Code::bad_data, "the message is truncated");
  const ByteView words = file.subspan(kBodyAt + body_bytes);
  if (words.size() % kWordBytes != 0) {
    return fail(Code::bad_data, "the message is truncated, or has bytes after its end");
  }
  const ByteView body = file.subspan(kBodyAt, body_bytes);
  statement.body.assign(body.begin(), body.end());
  message.digest_ = crypto::Sha256::digest(file.first(kBodyAt + body_bytes));
  message.words_.assign(words.begin(), words.end());
  return message;
}

bool RefreshMessage::said_to(std::size_t position, std::size_t readers,
                             const custody::PairChannels& channels) const {
  if (words_.size() != readers * kWordBytes || position >= readers) return false;
  const ByteView word = ByteView(words_).subspan(position * kWordBytes, kWordBytes);
  return channels.open(statement_.party, digest_, word).has_value();
}

std::optional<ByteArray<32>> ceremony_of(ByteView file) {
  if (file.size() < kBodyAt || !core::as_text(file).starts_with(kMagic)) return std::nullopt;
  ByteArray<32> ceremony{};
  std::ranges::copy(file.subspan(kCeremonyAt, ceremony.size()), ceremony.begin());
  return ceremony;
}

}  // namespace tally::sign
