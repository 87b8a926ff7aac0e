#include "crypto/sha256_batch.hpp"

#include <algorithm>
#include <cstring>

#include "core/secret.hpp"

namespace tally::crypto {
namespace {

constexpr std::size_t kDigestBytes = 32;

}  // namespace

bool Sha256Batch::fits(const Sha256& prefix, std::size_t message_bytes) {
  return sha256_padded_blocks(prefix.pending() + message_bytes) <= kMostBlocks;
}

Sha256Batch::Sha256Batch(const Sha256& prefix, std::size_t message_bytes)
    : start_(sha256_start(prefix.words_, prefix.block_.data(), prefix.pending())),
      held_(prefix.pending()),
      blocks_(sha256_padded_blocks(held_ + message_bytes)) {
  // The prefix's pending bytes and the padding are the same for all, and are written once.
  for (std::size_t i = 0; i < kMost; ++i) {
    std::uint8_t* const at = message(i);
    std::memcpy(at - held_, prefix.block_.data(), held_);
    sha256_pad(at + message_bytes, at - held_ + blocks_ * Sha256::kBlockBytes,
               prefix.total_bytes_ + message_bytes);
  }
}

Sha256Batch::~Sha256Batch() {
  core::wipe(MutableByteView(space_).first(kMost * blocks_ * Sha256::kBlockBytes));
  core::wipe(&start_, sizeof start_);
}

void Sha256Batch::digest(std::size_t count, MutableByteView digests) const {
  sha256_kernel().digest_many(start_, space_.data(), blocks_, count, digests.data());
}

void sha256_batch(const Sha256& prefix, ByteView messages, std::size_t message_bytes,
                  MutableByteView digests) {
  if (!Sha256Batch::fits(prefix, message_bytes)) {
    for (; !messages.empty(); messages = messages.subspan(message_bytes)) {
      const ByteArray<32> digest = tagged_hash(prefix, {messages.first(message_bytes)});
      std::copy(digest.begin(), digest.end(), digests.begin());
      digests = digests.subspan(kDigestBytes);
    }
    return;
  }
  Sha256Batch batch(prefix, message_bytes);
  while (!messages.empty()) {
    const std::size_t count = std::min(messages.size() / message_bytes, Sha256Batch::kMost);
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(batch.message(i), messages.data() + i * message_bytes, message_bytes);
    }
    batch.digest(count, digests);
    messages = messages.subspan(count * message_bytes);
    digests = digests.subspan(count * kDigestBytes);
  }
}

}  // namespace tally::crypto
