#include "custody/pair_channel.hpp"

#include <algorithm>
#include <sodium.h>

#include "core/endian.hpp"
#include "crypto/ecdh.hpp"

namespace tally::custody {
namespace {

constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kNonceBytes = 24;
constexpr std::string_view kContext = "tally/custody/v1/pair-channel";

std::size_t key_at(mpc::PartyId peer, bool towards) {
  return (2 * std::size_t{peer} + (towards ? 0 : 1)) * kKeyBytes;
}

// BLAKE2b keyed with the shared value, over what the key is for.
void derive(MutableByteView out, ByteView shared, const mpc::GroupKey& group, mpc::PartyId from,
            mpc::PartyId to) {
  ByteArray<kContext.size() + 32 + 12> about{};
  std::ranges::copy(kContext, about.begin());
  std::ranges::copy(group.key_id(), about.begin() + kContext.size());
  constexpr std::size_t kNumbersAt = kContext.size() + 32;
  core::store_le(&about[kNumbersAt], group.epoch());
  core::store_le(&about[kNumbersAt + 4], from);
  core::store_le(&about[kNumbersAt + 8], to);
  crypto_generichash(out.data(), out.size(), about.data(), about.size(), shared.data(),
                     shared.size());
}

}  // namespace

Result<PairChannels> PairChannels::make(const mpc::Share& share) {
  const mpc::GroupKey& group = share.group();
  TALLY_TRY(auto keys, core::SecretBytes::allocate(2 * kKeyBytes * group.parties()));
  for (mpc::PartyId peer = 0; peer < group.parties(); ++peer) {
    if (peer == share.id()) continue;
    auto shared = crypto::ecdh(share.secret().value(), group.pubshares()[peer]);
    if (!shared) return fail(Code::permission, "the share is gone: was this process forked");
    derive(keys.bytes().subspan(key_at(peer, true), kKeyBytes), *shared, group, share.id(), peer);
    derive(keys.bytes().subspan(key_at(peer, false), kKeyBytes), *shared, group, peer, share.id());
    core::wipe(*shared);
  }
  return PairChannels(std::move(keys));
}

Bytes PairChannels::seal(mpc::PartyId peer, ByteView about, ByteView message) const {
  Bytes sealed(message.size() + kOverheadBytes);
  core::random_bytes(MutableByteView(sealed).first(kNonceBytes));
  crypto_aead_xchacha20poly1305_ietf_encrypt(&sealed[kNonceBytes], nullptr, message.data(),
                                             message.size(), about.data(), about.size(), nullptr,
                                             sealed.data(), &keys_.bytes()[key_at(peer, true)]);
  return sealed;
}

std::optional<Bytes> PairChannels::open(mpc::PartyId peer, ByteView about, ByteView sealed) const {
  if (sealed.size() < kOverheadBytes || key_at(peer, false) + kKeyBytes > keys_.size()) {
    return std::nullopt;
  }
  Bytes message(sealed.size() - kOverheadBytes);
  const ByteView body = sealed.subspan(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          message.data(), nullptr, nullptr, body.data(), body.size(), about.data(), about.size(),
          sealed.data(), &keys_.bytes()[key_at(peer, false)]) != 0) {
    return std::nullopt;
  }
  return message;
}

}  // namespace tally::custody
