#include "crypto/ecdh.hpp"

#include <secp256k1_ecdh.h>

#include "crypto/context.hpp"
#include "crypto/ctime.hpp"

namespace tally::crypto {

std::optional<ByteArray<32>> ecdh(const Scalar& k, const Point& point) {
  if (point.infinity_) return std::nullopt;
  ByteArray<32> bytes;
  ByteArray<32> secret;
  k.encode_to(bytes);
  const bool made = secp256k1_ecdh(context(), secret.data(), &point.key_, bytes.data(),
                                   secp256k1_ecdh_hash_function_sha256, nullptr) == 1;
  core::wipe(bytes);
  std::optional<ByteArray<32>> out;
  if (declassified(made)) out = secret;
  core::wipe(secret);
  return out;
}

}  // namespace tally::crypto
