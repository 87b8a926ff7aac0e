// Threshold ECDSA before the digest is needed: protocol 3.6 of DKLs23 (Doerner, Kondi, Lee, shelat,
// ePrint 2023/765) on the multiplication of ot_multiply.hpp, for one sid of an Agreement.
//
//   start                          -> R1, a message to each peer (2 636 bytes)
//   take_r1 of each, make_r2       -> R2, a message to each peer (40 244 bytes)
//   take_r2 of each, finish        -> Presignature, or BoundPresignature where the proposal has the
//                                     digest
//
// The 66 bytes that begin R1 are the same to everybody and signed by their author; parties compare
// what they saw of them in R2, before anything that was masked by them is used.
//
// A party that is caught cheating (verdict ban) is burnt before the verdict is returned: the pair
// setup is marked, which ends all sessions with it, and the ledger has it on record. If that fails
// the verdict is own/journal_failed, and there is still nothing to send.
//
// One thread at a time a session; any number of sessions at once, also on the same pair setups. The
// work for each peer, and for the nonce, runs on the threads of a Workers, on lines of its own.
// Allocates at start and for the messages. All secrets are wiped with the session; the nonce and
// the key share already when the presignature is made.
#pragma once

#include "mpc/ecdsa_presignature.hpp"
#include "mpc/workers.hpp"

namespace tally::mpc {

// Where a burnt pair setup is put on record.
class BurnLedger {
 public:
  BurnLedger() = default;
  BurnLedger(const BurnLedger&) = delete;
  BurnLedger& operator=(const BurnLedger&) = delete;
  virtual ~BurnLedger() = default;
  // Returns once it is durable that this setup must never be used again; false when it is not. Ends
  // the check that found it.
  [[nodiscard]] virtual bool burn(const PairSetup& setup, Cause cause) = 0;
  // Around each check of a message whose failure would burn: a process that dies between the two
  // must find the setup burnt when it comes back. False when that cannot be promised.
  [[nodiscard]] virtual bool begin_check(const PairSetup& setup) = 0;
  virtual void end_check(const PairSetup& setup) = 0;
};

// What a session works with. All of it must outlive the session.
struct PresignInputs {
  const Agreement& agreement;
  std::uint32_t k = 0;
  const EcdsaParty& party;
  PairSetups setups;
  UsedSids& used_sids;
  dkls::Randomness& random;
  BurnLedger& ledger;
};

class Presigning {
 public:
  // Aborts: those of check_proposal; own with sid_used, bad_terms for k >= N.
  [[nodiscard]] static Attempt<std::unique_ptr<Presigning>> start(const PresignInputs& inputs,
                                                                  Workers& workers = one_thread());
  ~Presigning();
  Presigning(const Presigning&) = delete;
  Presigning& operator=(const Presigning&) = delete;

  [[nodiscard]] const ByteArray<32>& sid() const { return sid_; }
  // The envelope under which messages to `peer` travel. Once the session is over it has forgotten
  // its peers: the envelope then names no setup, which every receiver drops, and the messages below
  // are empty.
  [[nodiscard]] Envelope envelope_to(dkls::XId peer, Round round) const;

  // Pre: `peer` is another party of the quorum; for R2, make_r2 succeeded.
  [[nodiscard]] ByteView r1_to(dkls::XId peer) const;
  [[nodiscard]] ByteView r2_to(dkls::XId peer) const;

  // A message as it came, whose envelope the transport authenticated. An R2 may come before the R1
  // of other peers, and is kept. Aborts: drop, after which the session is as it was; stale_setup
  // naming the peer when the envelope shows another pair setup.
  [[nodiscard]] Attempt<void> take_r1(const Envelope& envelope, ByteView message);
  [[nodiscard]] Attempt<void> take_r2(const Envelope& envelope, ByteView message);
  // Whether every peer's message is there.
  [[nodiscard]] bool has_all(Round round) const;

  // Checks every R1, then answers. Aborts: own with out_of_turn, setup_burnt, negligible,
  // journal_failed; ban with ot_check.
  [[nodiscard]] Attempt<void> make_r2(Workers& workers = one_thread());

  // Checks every R2. Aborts: own as above; equivocation; abort with wrong_opening, bad_point or
  // bad_scalar; ban with vole_check or gamma_check; unattributed with wrong_key_sum or
  // nonce_at_infinity. For Purpose::presign.
  [[nodiscard]] Attempt<Presignature> finish(Workers& workers = one_thread());
  // The same for the other purposes, bound to the digest of the proposal.
  [[nodiscard]] Attempt<BoundPresignature> finish_bound(Workers& workers = one_thread());

 private:
  struct Peer;
  enum class Step : std::uint8_t { r1, r2, over };

  explicit Presigning(const PresignInputs& inputs);
  void begin(Workers& workers);
  void commit_nonce();
  [[nodiscard]] Attempt<Peer*> expect(Step last, Round round, const Envelope& envelope,
                                      std::size_t bytes, std::size_t wanted_bytes);
  [[nodiscard]] Peer* find(dkls::XId id) const;
  [[nodiscard]] Attempt<void> ready(Step step, Round round);
  [[nodiscard]] Attempt<void> check_all(Workers& workers,
                                        void (Presigning::*check)(Workers& workers));
  [[nodiscard]] Attempt<void> burn_cheaters();
  void check_rows(Workers& workers);
  void derive_key_share();
  void answer(Peer& peer);
  [[nodiscard]] bool make_points();
  [[nodiscard]] std::vector<crypto::Point> parse_points() const;
  [[nodiscard]] std::optional<Cause> open(Peer& peer, std::span<const crypto::Point> points) const;
  void check_products(Workers& workers);
  void add_up();
  [[nodiscard]] Attempt<Presignature> finish_any(Workers& workers);
  [[nodiscard]] Presignature combine(const crypto::Point& nonce);
  template <typename... Args>
  [[nodiscard]] auto over(Args&&... args);

  PresignInputs in_;
  ByteArray<32> sid_;
  Step step_ = Step::r1;
  ByteArray<dkls::kR1BroadcastBytes> broadcast_{};
  ByteArray<32> blind_{};
  ByteArray<32> r1_digest_{};
  crypto::SecretScalar r_;
  crypto::SecretScalar phi_;
  crypto::SecretScalar sk_;
  crypto::Point nonce_;                       // R_i
  crypto::Point pubkey_;                      // pk_i
  crypto::Point nonce_sum_;                   // R
  crypto::Point pubkey_sum_;                  // pk
  std::vector<std::unique_ptr<Peer>> peers_;  // in the order of ids
};

// The party that signed two different R1 for one sid: given two broadcasts whose signatures the
// caller has verified. Nothing when they are not of one party and session, or are the same.
[[nodiscard]] std::optional<dkls::XId> equivocation_author(ByteView first, ByteView second);

}  // namespace tally::mpc
