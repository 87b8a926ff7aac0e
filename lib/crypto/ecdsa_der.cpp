#include "crypto/ecdsa_der.hpp"

#include <secp256k1.h>

#include "crypto/context.hpp"

namespace tally::crypto {

Bytes ecdsa_to_der(ByteView compact) {
  secp256k1_ecdsa_signature signature;
  // Two integers of at most 33 bytes, each with its head, and the head of both.
  Bytes der(72);
  std::size_t size = der.size();
  if (secp256k1_ecdsa_signature_parse_compact(context(), &signature, compact.data()) != 1 ||
      secp256k1_ecdsa_signature_serialize_der(context(), der.data(), &size, &signature) != 1) {
    return {};
  }
  der.resize(size);
  return der;
}

}  // namespace tally::crypto
