#include "crypto/sha256.hpp"

#include <algorithm>
#include <cstring>

#include "core/endian.hpp"
#include "core/secret.hpp"
#include "crypto/sha256_kernels.hpp"

namespace tally::crypto {
namespace {

constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kLengthBytes = 8;

// Blocks that `size_bytes` of message need with the one bit, zeros and length behind them.
std::size_t padded_blocks(std::size_t size_bytes) {
  return (size_bytes + 1 + kLengthBytes + Sha256::kBlockBytes - 1) / Sha256::kBlockBytes;
}

// Writes the padding behind the message that ends at `at`, up to `end`.
void pad(std::uint8_t* at, std::uint8_t* end, std::uint64_t total_bytes) {
  *at = 0x80;
  std::memset(at + 1, 0, static_cast<std::size_t>(end - kLengthBytes - (at + 1)));
  core::store_be(end - kLengthBytes, std::uint64_t{total_bytes * 8});
}

}  // namespace

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
  const std::size_t blocks = padded_blocks(held);
  std::memcpy(last.data(), block_.data(), held);
  pad(last.data() + held, last.data() + blocks * kBlockBytes, total_bytes_);
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

// Padded messages in the work space of one group. The prefix's pending bytes and the padding are
// the same for all, so they are written once and only the messages change from group to group.
class Sha256Batch {
 public:
  static constexpr std::size_t kMostBlocks = 4;
  static constexpr std::size_t kGroup = 16;

  [[nodiscard]] static bool fits(const Sha256& prefix, std::size_t message_bytes) {
    return padded_blocks(prefix.pending() + message_bytes) <= kMostBlocks;
  }

  Sha256Batch(const Sha256& prefix, std::size_t message_bytes)
      : from_(prefix.words_),
        message_bytes_(message_bytes),
        held_(prefix.pending()),
        blocks_(padded_blocks(held_ + message_bytes)) {
    for (std::size_t i = 0; i < kGroup; ++i) {
      std::uint8_t* slot = slot_of(i);
      std::memcpy(slot, prefix.block_.data(), held_);
      pad(slot + held_ + message_bytes, slot + blocks_ * Sha256::kBlockBytes,
          prefix.total_bytes_ + message_bytes);
    }
  }
  Sha256Batch(const Sha256Batch&) = delete;
  Sha256Batch& operator=(const Sha256Batch&) = delete;
  ~Sha256Batch() {
    core::wipe(MutableByteView(space_).first(kGroup * blocks_ * Sha256::kBlockBytes));
    core::wipe(&from_, sizeof from_);
  }

  // At most kGroup messages.
  void run(ByteView messages, MutableByteView digests) {
    const std::size_t count = messages.size() / message_bytes_;
    for (std::size_t i = 0; i < count; ++i) {
      std::memcpy(slot_of(i) + held_, messages.data() + i * message_bytes_, message_bytes_);
    }
    sha256_kernel().digest_many(from_, space_.data(), blocks_, count, digests.data());
  }

 private:
  [[nodiscard]] std::uint8_t* slot_of(std::size_t i) {
    return space_.data() + i * blocks_ * Sha256::kBlockBytes;
  }

  Sha256::Words from_;
  std::size_t message_bytes_;
  std::size_t held_;
  std::size_t blocks_;
  ByteArray<kGroup * kMostBlocks * Sha256::kBlockBytes> space_;
};

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
    const std::size_t count = std::min(messages.size() / message_bytes, Sha256Batch::kGroup);
    batch.run(messages.first(count * message_bytes), digests.first(count * kDigestBytes));
    messages = messages.subspan(count * message_bytes);
    digests = digests.subspan(count * kDigestBytes);
  }
}

}  // namespace tally::crypto
