// Randomness of the threshold ECDSA scheme, handed in: every draw says what it is for, so that a
// test can give the one that a vector names and a hedged generator can keep draws apart.
#pragma once

#include <cstdint>
#include <mutex>

#include "core/bytes.hpp"
#include "crypto/hmac_drbg.hpp"
#include "crypto/scalar.hpp"

namespace tally::mpc::dkls {

enum class Draw : std::uint8_t {
  pair_nonce,  // 32, setup
  zero_part,   // 32, setup
  ot_choice,   // 16, setup
  ot_a,        // scalar, instance
  ot_ro,       // scalar, instance
  ot_t,        // scalar, 2 * instance + bit
  accept,      // 32, proposal
  r,           // scalar
  phi,         // scalar
  blind,       // 32
  salt_bob,    // 16, Alice's id
  x,           // 78, Alice's id
  salt_alice,  // 16, Bob's id
  a_hat,       // scalar, Bob's id
};

// Any thread, several at once: a session draws for its peers on the threads it is given.
class Randomness {
 public:
  Randomness() = default;
  Randomness(const Randomness&) = delete;
  Randomness& operator=(const Randomness&) = delete;
  virtual ~Randomness() = default;

  // Fresh bytes at each call, also for the same draw and index.
  virtual void fill(Draw draw, std::uint32_t index, MutableByteView out) = 0;
  // A scalar that is not zero, by rejection.
  [[nodiscard]] crypto::SecretScalar scalar(Draw draw, std::uint32_t index);
};

// What else goes into the hedged generator, so that a failing system generator gives no value
// twice: the party's share, a number that never repeats on this host, and what the session is.
struct Hedge {
  ByteView secret;  // the share, 32 bytes; may be empty where there is none yet
  std::uint64_t counter = 0;
  ByteView context;  // the sid, or a pair's ids and counter
};

// HMAC_DRBG (crypto/hmac_drbg.hpp), seeded with "tally/mpc/v1/draw" in ASCII, system 32, counter
// u64, length of secret u8, secret, context; a draw is a request with u8 draw, u32 index as its
// additional input, integers being big-endian. A forked child would make the draws of its parent:
// programs use it through custody/fork_safe_random.hpp.
class HedgedRandomness final : public Randomness {
 public:
  // `system` is 32 fresh bytes of the operating system, for one generator; the caller wipes them.
  HedgedRandomness(ByteView system, const Hedge& hedge);
  void fill(Draw draw, std::uint32_t index, MutableByteView out) override;

 private:
  std::mutex mutex_;
  crypto::HmacDrbg drbg_;  // under mutex_
};

}  // namespace tally::mpc::dkls
