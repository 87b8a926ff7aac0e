// Nonces of BIP-445: two secret scalars and the two points that are sent ahead of signing. A secret
// nonce that signs twice gives the share away, so the type allows one use: it moves, it does not
// copy, signing takes it whole, and every place it leaves is wiped.
#pragma once

#include <optional>
#include <span>

#include "crypto/point.hpp"
#include "mpc/failure.hpp"

namespace tally::mpc {

using PubNonce = ByteArray<66>;  // two compressed points
using AggNonce = ByteArray<66>;  // the same, where 33 zero bytes stand for infinity

inline constexpr std::size_t kSecNonceBytes = 64;

class SecNonce {
 public:
  // Spent from the start; a place to move a nonce to.
  SecNonce() = default;

  // k1 || k2 into `out` and out of here, for a pool in locked memory; and back, which wipes
  // `bytes`. Never store these bytes where they could be read twice: not in a process that forks,
  // and in no file but that of custody/nonce_file.hpp, whose journal refuses the second time. Pre:
  // 64 bytes.
  static void move_to(SecNonce nonce, MutableByteView out);
  [[nodiscard]] static SecNonce take_from(MutableByteView bytes);

  [[nodiscard]] const crypto::Scalar& first() const { return first_.value(); }
  [[nodiscard]] const crypto::Scalar& second() const { return second_.value(); }

 private:
  friend struct NoncePair;
  friend Outcome<struct NoncePair> nonce_gen(ByteView random, const struct NonceInputs& inputs);

  crypto::SecretScalar first_;
  crypto::SecretScalar second_;
};

// What goes into the hash beside the randomness. All is optional, and the more is given, the less a
// failing random generator can do: with the share and one more thing that changes, equal random
// bytes still give other nonces. An empty view is an absent argument but for the message.
struct NonceInputs {
  ByteView secret_share;            // 32 bytes
  ByteView pubshare;                // 33 bytes
  ByteView xonly_key;               // 32 bytes, the tweaked one where there are tweaks
  std::optional<ByteView> message;  // an empty message is present
  ByteView extra;                   // a session number, the time, other signers' nonces
};

struct NoncePair {
  SecNonce secret;
  PubNonce pub{};
};

// NonceGen. `random` is 32 fresh bytes of the system's generator, for one call only; the caller
// wipes them. Constant time in randomness and share. Costs two multiplications of the generator.
// Faults: bad_length, negligible.
[[nodiscard]] Outcome<NoncePair> nonce_gen(ByteView random, const NonceInputs& inputs);

// NonceAgg: sums the signers' nonces in the quorum's order. No secret is needed; the result may
// encode infinity, and signing goes on then so that verifying partial signatures names the signer
// who caused it. Faults: bad_pubnonce with the position.
[[nodiscard]] Outcome<AggNonce> nonce_agg(std::span<const PubNonce> pubnonces);

}  // namespace tally::mpc
