// What two parties of a key set up once, before they can sign ECDSA together: seeds of the OT
// extension in both directions, and a seed of zero shares. It belongs to an epoch of a key, and it
// is what must be destroyed after a cheat: the key share is not touched.
//
//   start    -> hello     32  a nonce
//   hello    -> offer  8 480  base OT as X, commitment to the zero-share part
//   offer    -> answer 13 600 base OT as Y, trees, the zero-share part
//   answer   -> PairSetup
//
// Both parties run the same steps at once. Source: Masny and Rindal 2019/706, Roy 2022/192, DKLs23
// for the zero shares; layouts are the project's own. Nothing of a failed attempt may be used: a
// new one starts from new randomness under the next reset counter, of which an epoch has 16.
#pragma once

#include <atomic>
#include <memory>

#include "mpc/ecdsa_abort.hpp"
#include "mpc/ot_multiply.hpp"

namespace tally::mpc {

// Which setup this is. Ids are x coordinates.
struct PairIdentity {
  ByteArray<32> key_id{};
  std::uint32_t epoch = 0;
  dkls::XId me = 0;
  dkls::XId peer = 0;
  std::uint32_t counter = 0;  // resets of this pair in this epoch

  bool operator==(const PairIdentity&) const = default;
};

// The result. Secrets in locked memory, wiped with the last owner. Any thread may read.
class PairSetup {
 public:
  // Faults as aborts: bad_terms for an identity that is none, out_of_memory.
  [[nodiscard]] static Attempt<std::shared_ptr<PairSetup>> make(const PairIdentity& identity,
                                                                const ByteArray<32>& setup_id,
                                                                ByteView zero_seed,
                                                                dkls::AliceSeeds as_alice,
                                                                dkls::BobSeeds as_bob);

  // The plaintext that custody encrypts, and back. Decoding refuses whatever encode() does not
  // write for some setup; it cannot tell a wrong secret from a right one, which custody's AEAD
  // does.
  [[nodiscard]] Attempt<core::SecretBytes> encode() const;
  [[nodiscard]] static Attempt<std::shared_ptr<PairSetup>> decode(ByteView plaintext);

  [[nodiscard]] const PairIdentity& identity() const { return identity_; }
  // The same for both parties: a digest of everything they said, in both directions.
  [[nodiscard]] const ByteArray<32>& setup_id() const { return setup_id_; }
  [[nodiscard]] ByteView zero_seed() const { return zero_seed_.bytes(); }
  // This party as Alice, and as Bob of the other direction, with their gadgets.
  [[nodiscard]] const dkls::AliceSeeds& as_alice() const { return as_alice_; }
  [[nodiscard]] const dkls::Gadget& alice_gadget() const { return alice_gadget_; }
  [[nodiscard]] const dkls::BobSeeds& as_bob() const { return as_bob_; }
  [[nodiscard]] const dkls::Gadget& bob_gadget() const { return bob_gadget_; }

  // Set once and for ever, from any thread; every session with this setup sees it at its next step.
  void mark_burnt() { burnt_.store(true, std::memory_order_relaxed); }
  [[nodiscard]] bool burnt() const { return burnt_.load(std::memory_order_relaxed); }

 private:
  PairSetup(const PairIdentity& identity, const ByteArray<32>& setup_id,
            core::SecretBytes zero_seed, dkls::AliceSeeds as_alice, dkls::BobSeeds as_bob);

  PairIdentity identity_;
  ByteArray<32> setup_id_;
  core::SecretBytes zero_seed_;
  dkls::AliceSeeds as_alice_;
  dkls::BobSeeds as_bob_;
  dkls::Gadget alice_gadget_;
  dkls::Gadget bob_gadget_;
  std::atomic<bool> burnt_{false};
};

inline constexpr std::size_t kPairHelloBytes = 32;
inline constexpr std::size_t kPairOfferBytes = dkls::kOtPointsBytes + 32;
inline constexpr std::size_t kPairAnswerBytes = dkls::kOtPointsBytes + dkls::kTreesBytes + 32;

// One attempt, one thread. The randomness must outlive it. After an abort, or the end, it is over.
class PairSetupSession {
 public:
  // Aborts: bad_terms, too_many_resets.
  [[nodiscard]] static Attempt<std::unique_ptr<PairSetupSession>> start(
      const PairIdentity& identity, dkls::Randomness& random);

  [[nodiscard]] const ByteArray<kPairHelloBytes>& hello() const { return nonce_; }
  // Each takes the peer's message of the step before. Aborts: drop for a wrong length or turn,
  // which leaves the attempt as it was; abort naming the peer for the rest.
  [[nodiscard]] Attempt<Bytes> offer(ByteView peer_hello);
  [[nodiscard]] Attempt<Bytes> answer(ByteView peer_offer);
  [[nodiscard]] Attempt<std::shared_ptr<PairSetup>> finish(ByteView peer_answer);

 private:
  enum class Step : std::uint8_t { hello, offer, answer, over };

  PairSetupSession(const PairIdentity& identity, dkls::Randomness& random);
  [[nodiscard]] Attempt<void> expect(Step step, std::size_t bytes, std::size_t wanted_bytes) const;
  [[nodiscard]] core::Expected<std::shared_ptr<PairSetup>, Abort> blame(Cause cause);

  PairIdentity identity_;
  dkls::Randomness& random_;
  Step step_ = Step::hello;
  ByteArray<kPairHelloBytes> nonce_{};
  dkls::SetupTag as_x_{};  // of the direction in which this party is X, and the other
  dkls::SetupTag as_y_{};
  dkls::BaseOtReceiver receiver_;
  Wiped<ByteArray<32>> zero_part_;
  ByteArray<32> peer_commitment_{};
  Bytes my_offer_;
  Bytes peer_offer_;
  Bytes my_answer_;
  core::SecretBytes my_leaves_;  // as Y
};

}  // namespace tally::mpc
