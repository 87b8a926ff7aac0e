#include "crypto/hmac.hpp"

#include <sodium/crypto_auth_hmacsha512.h>

#include "core/secret.hpp"

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

}  // namespace tally::crypto
