#include "crypto/context.hpp"

#include <cstdlib>

#include "core/secret.hpp"

namespace tally::crypto {
namespace {

const secp256k1_context* make_context() {
  secp256k1_context* made = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  ByteArray<32> seed{};
  core::random_bytes(seed);
  // Both calls fail only when memory is exhausted or corrupt, and no signature may come from that.
  if (made == nullptr || secp256k1_context_randomize(made, seed.data()) != 1) std::abort();
  core::wipe(seed);
  return made;
}

}  // namespace

const secp256k1_context* context() {
  static const secp256k1_context* const kContext = make_context();
  return kContext;
}

}  // namespace tally::crypto
