// Pseudo-random bytes from a seed: HMAC_DRBG with SHA-256 of NIST SP 800-90A revision 1, section
// 10.1.2. After each request the key is replaced by a hash of it, so that whoever sees the state
// learns nothing of what was given out before.
//
// Hedged: the seed takes secrets beside the randomness of the operating system, and the output is
// unknown to everybody who does not know all of them. A forked child holds the same state; a
// program that forks asks a guard before each request, as custody/fork_safe_random.hpp does.
//
// One thread at a time; allocates nothing; time depends on lengths alone; wiped when it goes. The
// standard ends a seed after 2^48 requests, which no process reaches.
#pragma once

#include "crypto/hmac.hpp"

namespace tally::crypto {

class HmacDrbg {
 public:
  using Parts = std::initializer_list<ByteView>;
  // Of one request.
  static constexpr std::size_t kMostBytes = std::size_t{1} << 16U;

  // Entropy input, nonce and personalization string, one behind the other: their lengths must be
  // fixed or among what is hashed. The caller wipes them.
  explicit HmacDrbg(Parts seed);
  HmacDrbg(const HmacDrbg&) = delete;
  HmacDrbg& operator=(const HmacDrbg&) = delete;
  ~HmacDrbg() { core::wipe(value_); }

  // Fresh entropy and additional input into the state.
  void reseed(Parts entropy) { update(entropy); }
  // Pre: at most kMostBytes.
  void generate(MutableByteView out, Parts additional = {});

 private:
  void update(Parts data);
  void replace_key(std::uint8_t round, Parts data);
  void step();

  HmacSha256 key_;
  ByteArray<32> value_;
};

}  // namespace tally::crypto
