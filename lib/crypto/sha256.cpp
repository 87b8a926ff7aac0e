#include "crypto/sha256.hpp"

#include <algorithm>
#include <cstring>

#include "core/endian.hpp"
#include "core/secret.hpp"
#include "crypto/sha256_kernels.hpp"

namespace tally::crypto {

Sha256& Sha256::update(ByteView bytes) {
  if (bytes.empty()) return *this;
  const std::size_t held = pending();
  total_bytes_ += bytes.size();
  if (held != 0) {
    const std::size_t taken = std::min(kBlockBytes - held, bytes.size());
    std::memcpy(block_.data() + held, bytes.data(), taken);
    if (held + taken < kBlockBytes) return *this;
    sha256_kernel().compress(words_, block_.data(), 1);
    bytes = bytes.subspan(taken);
  }
  const std::size_t whole = bytes.size() / kBlockBytes;
  if (whole != 0) sha256_kernel().compress(words_, bytes.data(), whole);
  const ByteView rest = bytes.subspan(whole * kBlockBytes);
  if (!rest.empty()) std::memcpy(block_.data(), rest.data(), rest.size());
  return *this;
}

ByteArray<32> Sha256::finish() {
  const std::size_t held = pending();
  ByteArray<2 * kBlockBytes> last;
  const std::size_t blocks = sha256_padded_blocks(held);
  std::memcpy(last.data(), block_.data(), held);
  sha256_pad(last.data() + held, last.data() + blocks * kBlockBytes, total_bytes_);
  sha256_kernel().compress(words_, last.data(), blocks);
  ByteArray<32> out;
  for (std::size_t i = 0; i < words_.size(); ++i) core::store_be(out.data() + 4 * i, words_[i]);
  core::wipe(last);
  core::wipe(this, sizeof *this);
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
