// A party's side of threshold ECDSA, without sockets.
//
// The coordinator carries what the parties say to each other sealed (custody/pair_channel.hpp), and
// is trusted with its time alone. A session begins with an acceptance that holds fresh bytes of
// this party, so no session comes twice. A presignature leaves the store, which wipes it there,
// before what it opens exists. A peer that is caught cheating is burnt on disk before anything is
// answered, and stays so across restarts until its pair is set up anew by both custodians.
//
// One thread.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "custody/burn_journal.hpp"
#include "custody/fork_safe_random.hpp"
#include "custody/pair_channel.hpp"
#include "custody/presignature_store.hpp"
#include "mpc/ecdsa_sign.hpp"
#include "mpc/sign_wire.hpp"
#include "policy.hpp"

namespace tally::sign {

// What all connections of a party share: its pair setups, what was burnt, its presignatures.
class EcdsaHolder {
 public:
  // Opens what lies beside the share; the journals stay held. Errors: those of the files; usage
  // when the key is not for ECDSA.
  [[nodiscard]] static Result<std::unique_ptr<EcdsaHolder>> open(const std::string& share_path,
                                                                 const mpc::Share& share);
  EcdsaHolder(const EcdsaHolder&) = delete;
  EcdsaHolder& operator=(const EcdsaHolder&) = delete;

  // Peers whose setup was burnt.
  [[nodiscard]] std::vector<mpc::PartyId> burnt_peers() const;
  [[nodiscard]] std::size_t pairs() const { return setups_.size(); }

 private:
  friend class EcdsaLink;
  EcdsaHolder(const mpc::Share& share, std::vector<std::shared_ptr<mpc::PairSetup>> setups,
              std::unique_ptr<custody::BurnJournal> burns, custody::PresignatureStore store,
              custody::PairChannels channels, custody::ForkGuard guard);

  const mpc::Share& share_;
  mpc::EcdsaParty party_;
  std::vector<std::shared_ptr<mpc::PairSetup>> setups_;
  std::unique_ptr<custody::BurnJournal> burns_;
  custody::PresignatureStore store_;
  custody::PairChannels channels_;
  custody::ForkGuard guard_;
  std::uint64_t sessions_begun_ = 0;
  std::size_t promised_ = 0;  // presignatures of batches under way
};

// One coordinator's sessions and presignatures; they go with its connection.
class EcdsaLink {
 public:
  EcdsaLink(EcdsaHolder& holder, const Policy& policy) : holder_(&holder), policy_(&policy) {}
  EcdsaLink(EcdsaLink&& other) noexcept = default;
  EcdsaLink& operator=(EcdsaLink&&) = delete;
  ~EcdsaLink();

  // Takes one frame of the scheme and appends the answers. Errors: the frame is malformed, or the
  // process was forked, and the connection is to be closed.
  [[nodiscard]] Status take(const mpc::wire::Frame& frame, Bytes& out);

  // How often this link opened a presignature, and how often it refused to, since the last call.
  [[nodiscard]] std::uint64_t take_signed() { return std::exchange(signed_, 0); }
  [[nodiscard]] std::uint64_t take_refused() { return std::exchange(refused_, 0); }

 private:
  // What is agreed on in one proposal. Stays where it is: sessions refer to it.
  struct Batch {
    explicit Batch(EcdsaHolder& of) : holder(of) {}
    Batch(const Batch&) = delete;
    Batch& operator=(const Batch&) = delete;
    ~Batch();

    EcdsaHolder& holder;
    std::size_t promised = 0;  // of its presignatures, those that are still to come
    mpc::Proposal proposal;
    mpc::Accept accept{};
    std::optional<mpc::Agreement> agreement;
    mpc::UsedSids used;
    std::unique_ptr<custody::ForkSafeRandomness> random;
    std::vector<std::unique_ptr<mpc::Presigning>> sessions;
    std::vector<mpc::PresignatureFacts> made;
    std::size_t open = 0;  // sessions that are not over
  };

  void tell_setups(Bytes& out) const;
  [[nodiscard]] Status take_proposal(ByteView body, Bytes& out);
  [[nodiscard]] mpc::Attempt<void> judge(const mpc::Proposal& proposal) const;
  [[nodiscard]] Status take_agreed(ByteView body, Bytes& out);
  [[nodiscard]] mpc::Attempt<void> begin(Batch& batch, ByteView accepts);
  [[nodiscard]] Status take_relayed(ByteView body, Bytes& out);
  [[nodiscard]] mpc::Attempt<void> go_on(Batch& batch, std::uint64_t session, std::uint32_t k,
                                         mpc::Round round, Bytes& out);
  [[nodiscard]] mpc::Attempt<void> end(Batch& batch, std::uint64_t session, std::uint32_t k,
                                       Bytes& out);
  [[nodiscard]] Status take_abandon(ByteView body);
  [[nodiscard]] Status take_bind(ByteView body, Bytes& out);
  void send(const Batch& batch, std::uint64_t session, std::uint32_t k, mpc::Round round,
            Bytes& out) const;
  void abort(std::uint64_t session, const mpc::Abort& abort, Bytes& out);
  void give_up(std::uint64_t session);
  void forget();

  EcdsaHolder* holder_;
  const Policy* policy_;
  std::map<std::uint64_t, std::unique_ptr<Batch>> batches_;
  std::set<ByteArray<32>> mine_;  // presignatures in the store that this coordinator knows
  std::uint64_t signed_ = 0;
  std::uint64_t refused_ = 0;
};

}  // namespace tally::sign
