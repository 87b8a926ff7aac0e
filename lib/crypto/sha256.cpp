#include "crypto/sha256.hpp"

namespace tally::crypto {

Sha256::Sha256() {
  crypto_hash_sha256_init(&state_);
}

Sha256& Sha256::update(ByteView bytes) {
  crypto_hash_sha256_update(&state_, bytes.data(), bytes.size());
  return *this;
}

ByteArray<32> Sha256::finish() {
  ByteArray<32> out;
  crypto_hash_sha256_final(&state_, out.data());
  return out;
}

ByteArray<32> Sha256::digest(ByteView bytes) {
  return Sha256().update(bytes).finish();
}

Sha256 Sha256::tagged(std::string_view tag) {
  const ByteArray<32> tag_digest = digest(core::as_bytes(tag));
  Sha256 state;
  state.update(tag_digest).update(tag_digest);
  return state;
}

ByteArray<32> tagged_hash(const Sha256& tagged, std::initializer_list<ByteView> parts) {
  Sha256 state = tagged;
  for (const ByteView part : parts) state.update(part);
  return state.finish();
}

}  // namespace tally::crypto
