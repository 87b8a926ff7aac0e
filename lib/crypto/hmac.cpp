#include "crypto/hmac.hpp"

#include <algorithm>
#include <sodium/crypto_auth_hmacsha512.h>

namespace tally::crypto {

ByteArray<64> hmac_sha512(ByteView key, std::initializer_list<ByteView> parts) {
  crypto_auth_hmacsha512_state state;
  crypto_auth_hmacsha512_init(&state, key.data(), key.size());
  for (const ByteView part : parts) {
    crypto_auth_hmacsha512_update(&state, part.data(), part.size());
  }
  ByteArray<64> mac;
  crypto_auth_hmacsha512_final(&state, mac.data());
  core::wipe(&state, sizeof state);
  return mac;
}

HmacSha256::HmacSha256(ByteView key) {
  ByteArray<Sha256::kBlockBytes> pad{};
  std::copy(key.begin(), key.end(), pad.begin());
  for (auto& byte : pad) byte ^= 0x36U;
  inner_.update(pad);
  for (auto& byte : pad) byte ^= 0x36U ^ 0x5cU;
  outer_.update(pad);
  core::wipe(pad);
}

ByteArray<32> HmacSha256::finish(Sha256& message) const {
  auto digest = message.finish();
  const auto mac = Sha256(outer_).update(digest).finish();
  core::wipe(digest);
  return mac;
}

}  // namespace tally::crypto
