// Signing with threshold ECDSA. One quorum of t parties that have pair setups with each other is
// kept as long as all of it is there; for it presignatures are made ahead, in batches, while
// nothing else is to be done. A record takes the oldest: one message goes to each party of the
// quorum and one opening comes back. Digests that others computed never meet a presignature: each
// is agreed on before its nonce exists, which takes a round of acceptances and two of messages
// between parties.
//
// The parties' messages to each other pass through sealed. When a session of theirs ends badly, the
// party that says so is believed for what it says of itself, and what it says of another is passed
// on in its words. One that says that it takes no part itself rests for the time in which a party
// must answer; others take its place where they can, and nothing is made ahead meanwhile. A
// signature leaves only after the key was recovered from it.
//
// One thread.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>

#include "engine.hpp"
#include "mpc/ecdsa_sign.hpp"

namespace tally::sign {

struct EcdsaOptions {
  mpc::DigestKind digest = mpc::DigestKind::sha256;
  bool raw_digest = false;  // records are digests of 32 bytes
  std::size_t ahead = 64;   // presignatures waiting here for use
  std::size_t batch = 16;   // made in one session
  std::vector<std::uint32_t> path;
};

class EcdsaEngine final : public Engine {
 public:
  // The longest quorum whose proposal fits into a message.
  static constexpr std::size_t kMostSigners = 60;

  // Errors: usage for a key that is not for ECDSA, or too large; those of mpc::derive.
  [[nodiscard]] static Result<std::unique_ptr<EcdsaEngine>> make(
      const mpc::GroupKey& group, const EngineOptions& options, const EcdsaOptions& ecdsa,
      std::function<void(const std::string&)> notice);

  void party_up(mpc::PartyId party, std::uint64_t now_ns) override;
  void party_down(mpc::PartyId party) override;
  [[nodiscard]] Status take(mpc::PartyId party, const mpc::wire::Frame& frame,
                            std::uint64_t now_ns) override;
  [[nodiscard]] std::size_t live() const override;
  [[nodiscard]] std::optional<Error> shortage() const override;
  [[nodiscard]] bool awaiting() const override;
  void advance(std::uint64_t now_ns) override;

  // What signatures verify under: the group's key, or its child at the path.
  [[nodiscard]] const crypto::Point& public_key() const { return public_key_; }
  [[nodiscard]] std::size_t ready() const { return ready_.size(); }

 private:
  // Between parties, before the digest is needed.
  static constexpr std::size_t kRounds = 2;

  using SetupIds = std::map<mpc::PartyId, ByteArray<32>>;
  struct Member {
    std::optional<SetupIds> setups;  // with its peers, once it has told them
    std::optional<std::uint64_t> asked_ns;
    std::optional<std::uint64_t> rests_until_ns;
    std::string why;  // it rests
  };
  // One proposal and what came of it.
  struct Batch {
    mpc::Proposal proposal;
    ByteArray<32> hash{};                             // of it
    std::vector<std::optional<mpc::Accept>> accepts;  // by position in the quorum
    std::optional<mpc::Agreement> agreement;
    std::vector<std::size_t> relayed;                       // messages that came from each
    std::vector<std::vector<mpc::PresignatureFacts>> made;  // by position, then k
    std::uint64_t since_ns = 0;                             // of the last message
    std::optional<std::uint64_t> record;                    // number of the session of a raw digest
    std::vector<std::pair<mpc::PartyId, Bytes>> openings;   // of that digest, not looked at yet
    std::set<mpc::PartyId> opened;                          // whose opening of it came
  };

  EcdsaEngine(const mpc::GroupKey& group, const EngineOptions& options, const EcdsaOptions& ecdsa,
              std::function<void(const std::string&)> notice)
      : Engine(group, options, std::move(notice)), ecdsa_(ecdsa), members_(group.parties()) {}

  [[nodiscard]] bool paired(mpc::PartyId a, mpc::PartyId b) const;
  [[nodiscard]] bool extend(std::vector<mpc::PartyId>& quorum, mpc::PartyId next) const;
  void choose_quorum(std::uint64_t now_ns);
  void leave_quorum();
  void end_rests(std::uint64_t now_ns);
  [[nodiscard]] bool quorum_rests() const;
  [[nodiscard]] bool quorum_has_lost_pair(mpc::PartyId party) const;
  static void ask_again(Member& member);
  void ask_setups(std::uint64_t now_ns);
  void fill(std::uint64_t now_ns);
  [[nodiscard]] mpc::Proposal propose(mpc::Purpose purpose) const;
  std::uint64_t start_batch(mpc::Proposal proposal, std::uint64_t now_ns);
  void abandon(std::uint64_t number);
  void start_waiting(std::uint64_t now_ns);
  void start(SigningSession& session, std::uint64_t now_ns);
  void drop_silent(std::uint64_t now_ns);
  // Of one party to its peers.
  [[nodiscard]] static std::size_t messages_a_round(const Batch& batch);
  [[nodiscard]] std::size_t steps_of(const Batch& batch, std::size_t at) const;
  [[nodiscard]] std::vector<mpc::PartyId> laggards(const Batch& batch) const;

  [[nodiscard]] std::optional<std::size_t> position_of(mpc::PartyId party) const;
  [[nodiscard]] Status take_setups(mpc::PartyId party, ByteView body);
  [[nodiscard]] Status take_accept(mpc::PartyId party, ByteView body, std::uint64_t now_ns);
  [[nodiscard]] Status take_relayed(mpc::PartyId party, ByteView body, std::uint64_t now_ns);
  [[nodiscard]] Status take_presigned(mpc::PartyId party, ByteView body, std::uint64_t now_ns);
  void keep(std::uint64_t number, Batch& batch);
  [[nodiscard]] Status take_opening(mpc::PartyId party, ByteView body, std::uint64_t now_ns);
  [[nodiscard]] Status take_digest_opening(mpc::PartyId party,
                                           const mpc::wire::SessionBytes& message,
                                           std::uint64_t now_ns);
  void finish(SigningSession& session, mpc::EcdsaSigning& signing);
  [[nodiscard]] Status take_refusal(mpc::PartyId party, ByteView body);
  [[nodiscard]] Status take_aborted(mpc::PartyId party, ByteView body, std::uint64_t now_ns);
  void try_again(SigningSession& session, const std::string& why);
  void fail_waiting(const std::string& why);

  EcdsaOptions ecdsa_;
  crypto::Point public_key_;
  crypto::Scalar tweak_;
  std::vector<Member> members_;
  std::vector<mpc::PartyId> quorum_;  // empty while none can be had
  std::map<std::uint64_t, Batch> batches_;
  std::uint64_t next_batch_ = 1;
  std::deque<mpc::PresignatureFacts> ready_;
  std::map<std::uint64_t, mpc::EcdsaSigning> running_;  // by number of the session
  std::size_t aborts_in_a_row_ = 0;
  std::uint64_t fill_after_ns_ = 0;
  std::uint64_t checked_silence_ns_ = 0;
};

}  // namespace tally::sign
