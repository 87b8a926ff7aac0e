// SHA-256 of many short messages of one length behind one prefix, several in flight at once. Whole
// blocks of the prefix are not hashed again, nor the rounds that 32 bytes of a begun one decide:
// hash what the messages share once, and give the rest here. It pays as long as prefix and message
// end within four blocks.
//
// One thread at a time; allocates nothing. The work space is wiped.
#pragma once

#include "crypto/sha256_kernels.hpp"

namespace tally::crypto {

// Up to sixteen messages, padded and ready to be hashed but for their own bytes, which the caller
// writes in place: message i is SHA-256's of prefix || message(i).
class Sha256Batch {
 public:
  static constexpr std::size_t kMostBlocks = 4;
  static constexpr std::size_t kMost = 16;

  [[nodiscard]] static bool fits(const Sha256& prefix, std::size_t message_bytes);

  // Pre: fits(prefix, message_bytes), message_bytes > 0.
  Sha256Batch(const Sha256& prefix, std::size_t message_bytes);
  Sha256Batch(const Sha256Batch&) = delete;
  Sha256Batch& operator=(const Sha256Batch&) = delete;
  ~Sha256Batch();

  // Where the bytes of message `i` stand, i < kMost. They stay what they are over digests, so that
  // only what changes need be written anew.
  [[nodiscard]] std::uint8_t* message(std::size_t i) {
    return space_.data() + i * blocks_ * Sha256::kBlockBytes + held_;
  }

  // Of messages 0 .. count - 1, digest i to [32 * i, 32 * (i + 1)). Pre: count <= kMost, digests
  // has room for them.
  void digest(std::size_t count, MutableByteView digests) const;

 private:
  Sha256Start start_;
  std::size_t held_;  // bytes of the prefix in front of every message
  std::size_t blocks_;
  ByteArray<kMost * kMostBlocks * Sha256::kBlockBytes> space_;
};

// Message i is bytes [i * message_bytes, (i + 1) * message_bytes) of `messages`, its digest goes to
// [32 * i, 32 * (i + 1)) of `digests`. Those too long for a Sha256Batch are hashed one after the
// other. Messages and digests must not overlap.
// Pre: message_bytes > 0, messages.size() is a multiple of it, digests.size() is 32 a message.
void sha256_batch(const Sha256& prefix, ByteView messages, std::size_t message_bytes,
                  MutableByteView digests);

}  // namespace tally::crypto
