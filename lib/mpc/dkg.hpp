// Making a key that nobody ever holds: ChillDKG (BlockstreamResearch/bip-frost-dkg: SimplPedPop
// inside EncPedPop, certified equality, recovery data, investigation). Two messages of each
// participant go through one coordinator, which learns no secret:
//
//   participant   start               -> contribution
//   coordinator   collect             -> collection, to all
//   participant   agree               -> signature on everything that was agreed
//   coordinator   finish              -> certificate, to all
//   participant   finish              -> share, and recovery data, which is public
//
// A participant whose sum of shares is wrong learns from the coordinator's investigation whose part
// is. From the recovery data and a host secret key the share of epoch 0 can be made again, by the
// owner and by a thief, for ever: see recover() and mpc/reshare.hpp.
//
// There is no round that commits first: a participant who speaks last can choose among keys, which
// is harmless for signatures here. One thread an object; messages allocate their size.
#pragma once

#include "mpc/dkg_messages.hpp"
#include "mpc/share.hpp"

namespace tally::mpc {

// What is needed to find out which of several dealers dealt a wrong share, when their sum is wrong.
struct WrongSum {
  std::vector<crypto::SecretScalar> pads;  // one a dealer
  crypto::Scalar sealed_sum;
  crypto::Point expected;

  // Takes an investigation of as many dealers. Gives wrong_dealt_part with the position of the
  // dealer; bad_collection when the coordinator contradicts itself or accuses the dealer at `self`,
  // who is the caller; bad_length; unexpected_message when no sum was wrong.
  [[nodiscard]] Failure investigate(ByteView investigation,
                                    std::optional<std::uint32_t> self) const;
};

struct DkgResult {
  Share share;
  Bytes recovery_data;
};

class DkgParticipant {
 public:
  // `host_secret` and `random` are 32 bytes; `random` is fresh and for this call only. Costs t + 2
  // multiplications of the generator and n - 1 others. Faults: those of check_params and host_key;
  // unknown_host_key, bad_randomness, negligible.
  [[nodiscard]] static Outcome<DkgParticipant> start(ByteView host_secret, const DkgParams& params,
                                                     ByteView random);
  // The same participant again from the contribution it made, for one that keeps files instead of a
  // process: everything else of its state follows. Faults: also bad_contribution.
  [[nodiscard]] static Outcome<DkgParticipant> resume(ByteView host_secret, const DkgParams& params,
                                                      ByteView contribution);

  [[nodiscard]] PartyId id() const { return id_; }
  [[nodiscard]] const Bytes& contribution() const { return contribution_; }

  // Takes the collection and gives this participant's signature. `aux` is 32 random bytes. Once: a
  // second collection is unexpected_message, whatever became of the first.
  // Faults: bad_length, bad_collection, bad_dealer_nonce and bad_proof with the party,
  // wrong_dealt_share (then investigate()), negligible.
  [[nodiscard]] Outcome<SchnorrSignature> agree(ByteView collection, ByteView aux);

  // After wrong_dealt_share: reads the coordinator's investigation message. Gives wrong_dealt_part
  // with the party, or bad_collection when the coordinator contradicts itself; bad_length.
  [[nodiscard]] Failure investigate(ByteView investigation) const {
    Failure failure = wrong_.investigate(investigation, id_);
    failure.party = failure.position;
    return failure;
  }

  // After agree(): takes the certificate. That it fails does not say that others did not finish:
  // keep the host key, and recover() once somebody has the recovery data.
  // Faults: unexpected_message, bad_length, bad_certificate, out_of_memory.
  [[nodiscard]] Outcome<DkgResult> finish(ByteView certificate) const;

 private:
  DkgParticipant(HostKey host, DkgParams params, PartyId id, Bytes contribution)
      : host_(std::move(host)),
        params_(std::move(params)),
        id_(id),
        contribution_(std::move(contribution)) {}

  HostKey host_;
  DkgParams params_;
  PartyId id_;
  Bytes contribution_;
  bool asked_ = false;  // agree() was called
  WrongSum wrong_;
  // After agree().
  Bytes agreed_;
  std::optional<GroupKey> group_;
  crypto::SecretScalar secret_;
};

// A coordinator's result: all that is public.
struct DkgPublicResult {
  GroupKey group;
  Bytes certificate;
  Bytes recovery_data;
};

class DkgCoordinator {
 public:
  // The contributions in the order of the host keys. Faults: those of check_params; bad_length for
  // another number or size of messages; bad_contribution with the party; negligible.
  [[nodiscard]] static Outcome<DkgCoordinator> collect(const DkgParams& params,
                                                       std::span<const Bytes> contributions);

  [[nodiscard]] const Bytes& collection() const { return collection_; }
  // What participant `id` needs to find out who dealt it a wrong share. Pre: id < n.
  [[nodiscard]] Bytes investigation(PartyId id) const;

  // The participants' signatures in their order. Faults: bad_length, bad_agreement with the party.
  [[nodiscard]] Outcome<DkgPublicResult> finish(std::span<const Bytes> signatures) const;

 private:
  DkgCoordinator(DkgParams params, std::vector<Contribution> contributions)
      : params_(std::move(params)), contributions_(std::move(contributions)) {}

  DkgParams params_;
  std::vector<Contribution> contributions_;
  Bytes collection_;
  Bytes agreed_;
  std::optional<GroupKey> group_;
};

// Everything of a finished ceremony again from its recovery data and, for a participant, the host
// secret (32 bytes; an empty view for the public part alone). The share is of the epoch that the
// ceremony made: after the shares were renewed it is stale and fits no other. Faults:
// bad_recovery_data, those of host_key, unknown_host_key, out_of_memory.
struct RecoveredKey {
  DkgParams params;
  GroupKey group;
  std::optional<Share> share;
};
[[nodiscard]] Outcome<RecoveredKey> recover(ByteView recovery_data, ByteView host_secret);

// A participant's word that it keeps the recovery data, and its check. A key should not be used
// before all gave it. Faults: those of recover and bad_agreement.
[[nodiscard]] Outcome<SchnorrSignature> acknowledge_recovery(ByteView recovery_data,
                                                             ByteView host_secret, ByteView aux);
[[nodiscard]] Outcome<void> verify_acknowledgement(ByteView recovery_data, PartyId id,
                                                   ByteView signature);

}  // namespace tally::mpc
