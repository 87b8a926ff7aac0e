// New shares of an old key: t old parties deal what they hold to the parties of the next epoch, who
// may be the same (refresh), more, fewer or others, with the same threshold or another. The key,
// its id and its chain code stay; every share changes, and old and new never sign together.
//
//   dealer        deal_again          -> dealt shares, sealed to the new host keys
//   coordinator   collect             -> collection, to all new parties
//   new party     agree               -> signature on everything that was agreed
//   coordinator   finish              -> certificate, to all
//   new party     finish              -> share of the next epoch, and recovery data
//
// Each dealer commits to its own part lambda * share, which everybody knows times the generator, so
// it can deal nothing else, and proves in the same number that it is that party (Desmedt, Jajodia
// 1997, with the commitments of Feldman 1987 and the sealing and certificate of ChillDKG). That the
// parts of a quorum of one honest party hide the new shares from the holders of old ones is our own
// argument, with that literature behind it.
//
// New host keys are asked for: recovery data and a host secret give a share of its epoch for ever,
// so a refresh protects against stolen host keys only if old ones are erased. One thread an object.
#pragma once

#include "mpc/dkg.hpp"

namespace tally::mpc {

struct ReshareParams {
  GroupKey old;
  std::vector<PartyId> dealers;  // exactly t of the old parties, ascending
  DkgParams next;                // new threshold, and the new parties' host keys

  // Names this run and everything about it.
  [[nodiscard]] ByteArray<32> ceremony() const;
};

// Faults: signer_count, id_out_of_range and duplicate_id for the dealers (also when they do not
// ascend), those of check_params; bad_parameters after 2^32 - 1 epochs.
[[nodiscard]] Outcome<void> check_params(const ReshareParams& params);

// One dealer's message: t' commitments, proof 65, nonce 33, n' sealed shares of 32 bytes. `random`
// is 32 fresh bytes. Faults: those of check_params, bad_length; not_a_signer when the share is no
// dealer's or of another state of the key; bad_share, negligible.
[[nodiscard]] Outcome<Bytes> deal_again(const ReshareParams& params, const Share& share,
                                        ByteView random);

class ReshareCoordinator {
 public:
  // The dealers' messages in their order. Faults: those of check_params; bad_length,
  // bad_contribution, wrong_commitment and bad_proof with position and party; negligible.
  [[nodiscard]] static Outcome<ReshareCoordinator> collect(const ReshareParams& params,
                                                           std::span<const Bytes> dealt);

  [[nodiscard]] const Bytes& collection() const { return collection_; }
  [[nodiscard]] Bytes investigation(PartyId new_id) const;
  // Faults: bad_length, bad_agreement with the new party.
  [[nodiscard]] Outcome<DkgPublicResult> finish(std::span<const Bytes> signatures) const;

 private:
  friend class ReshareReceiver;
  ReshareCoordinator(ReshareParams params, std::vector<Contribution> dealt)
      : params_(std::move(params)), dealt_(std::move(dealt)) {}

  ReshareParams params_;
  std::vector<Contribution> dealt_;
  Bytes collection_;
  Bytes agreed_;
  std::optional<GroupKey> group_;
};

class ReshareReceiver {
 public:
  // Faults: those of check_params and host_key; unknown_host_key.
  [[nodiscard]] static Outcome<ReshareReceiver> make(const ReshareParams& params,
                                                     ByteView host_secret);

  [[nodiscard]] PartyId id() const { return id_; }
  // Faults: as DkgParticipant::agree; the party of bad_proof and bad_dealer_nonce is an old one.
  [[nodiscard]] Outcome<SchnorrSignature> agree(ByteView collection, ByteView aux);
  // After wrong_dealt_share; the party it names is an old one.
  [[nodiscard]] Failure investigate(ByteView investigation) const;
  // Faults: as DkgParticipant::finish.
  [[nodiscard]] Outcome<DkgResult> finish(ByteView certificate) const;

 private:
  ReshareReceiver(ReshareParams params, HostKey host, PartyId id)
      : params_(std::move(params)), host_(std::move(host)), id_(id) {}

  ReshareParams params_;
  HostKey host_;
  PartyId id_;
  bool asked_ = false;
  WrongSum wrong_;
  Bytes agreed_;
  std::optional<GroupKey> group_;
  crypto::SecretScalar secret_;
};

// The part of recover() for later epochs. Faults: as recover().
[[nodiscard]] bool is_reshare_recovery(ByteView recovery_data);
[[nodiscard]] Outcome<RecoveredKey> recover_reshared(ByteView recovery_data, ByteView host_secret);

}  // namespace tally::mpc
