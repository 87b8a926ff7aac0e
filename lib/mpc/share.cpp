#include "mpc/share.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "crypto/ctime.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;
using crypto::Scalar;
using crypto::SecretScalar;

constexpr std::string_view kMagic = "TSH1";
constexpr std::size_t kSecretAt = 6;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kLengthAt = kSecretAt + kSecretBytes;
constexpr std::size_t kGroupAt = kLengthAt + 4;

}  // namespace

Outcome<void> check_share(const GroupKey& group, PartyId id, ByteView secret) {
  if (id >= group.parties()) return failed(Fault::id_out_of_range, {}, id);
  if (secret.size() != kSecretBytes) return failed(Fault::bad_length, {}, id);
  auto parsed = Scalar::parse(secret);
  if (!parsed) return failed(Fault::bad_share, {}, id);
  const SecretScalar scalar(*parsed);
  core::wipe(&*parsed, sizeof *parsed);
  if (crypto::declassified(scalar.value().is_zero())) return failed(Fault::bad_share, {}, id);
  if (Point::mul_generator(scalar.value()) != group.pubshares()[id]) {
    return failed(Fault::share_mismatch, {}, id);
  }
  return {};
}

Outcome<Share> Share::make(GroupKey group, PartyId id, ByteView secret) {
  if (auto checked = check_share(group, id, secret); !checked) {
    return core::unexpected(checked.error());
  }
  auto locked = core::SecretBytes::allocate(kSecretBytes);
  if (!locked) return failed(Fault::out_of_memory);
  std::copy(secret.begin(), secret.end(), locked->bytes().begin());
  return Share(std::move(group), id, std::move(*locked));
}

Outcome<Share> Share::decode(ByteView plaintext) {
  if (plaintext.size() < kGroupAt) return failed(Fault::bad_length);
  if (core::as_text(plaintext.first(kMagic.size())) != kMagic) {
    return failed(Fault::bad_parameters);
  }
  const std::size_t group_bytes = core::load_be<std::uint32_t>(plaintext.data() + kLengthAt);
  if (plaintext.size() - kGroupAt != group_bytes) return failed(Fault::bad_length);
  auto group = GroupKey::decode(plaintext.subspan(kGroupAt));
  if (!group) return core::unexpected(group.error());
  const PartyId id = core::load_be<std::uint16_t>(plaintext.data() + kMagic.size());
  return make(std::move(*group), id, plaintext.subspan(kSecretAt, kSecretBytes));
}

Outcome<core::SecretBytes> Share::encode() const {
  const Bytes group = group_.encode();
  auto out = core::SecretBytes::allocate(kGroupAt + group.size());
  if (!out) return failed(Fault::out_of_memory);
  std::uint8_t* at = out->bytes().data();
  std::copy(kMagic.begin(), kMagic.end(), at);
  core::store_be(at + kMagic.size(), static_cast<std::uint16_t>(id_));
  std::copy(secret_.bytes().begin(), secret_.bytes().end(), at + kSecretAt);
  core::store_be(at + kLengthAt, static_cast<std::uint32_t>(group.size()));
  std::copy(group.begin(), group.end(), at + kGroupAt);
  return std::move(*out);
}

SecretScalar Share::secret() const {
  return SecretScalar(Scalar::from_bytes_reduced(secret_.bytes()));
}

}  // namespace tally::mpc
