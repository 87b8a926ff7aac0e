// A party's side of signing, without sockets: what it answers to the bytes of one coordinator.
//
// The party trusts its coordinator with nothing but its time. It signs what its policy allows and
// nothing else; a nonce leaves the pool, and is wiped there, before the partial signature that uses
// it exists; and what a coordinator may make it hold is bounded.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "custody/nonce_pool.hpp"
#include "ecdsa_party.hpp"
#include "mpc/frost.hpp"
#include "mpc/sign_wire.hpp"
#include "policy.hpp"

namespace tally::sign {

// One party in the quorums that ask it to sign, for the key of its group or for one child of it.
// Kept, up to a number of quorums, because checking one costs a multiplication a signer. The share
// must outlive it.
class Places {
 public:
  explicit Places(const mpc::Share& share, std::optional<ByteArray<32>> tweak = {})
      : share_(&share), tweak_(tweak) {}

  // Null when the party has no place in the quorum of these parties.
  [[nodiscard]] const mpc::Signer* signer_in(const mpc::wire::QuorumView& quorum);

 private:
  struct Place {
    mpc::Quorum quorum;
    mpc::Signer signer;
    // Pre: the share's party is in the quorum, which is one of the share's group.
    Place(mpc::Quorum checked, const mpc::Share& share);
  };

  const mpc::Share* share_;
  std::optional<ByteArray<32>> tweak_;
  std::map<std::string, std::unique_ptr<Place>, std::less<>> places_;
};

// What all connections of a party share. One thread; must stay where it is.
class Party {
 public:
  Party(mpc::Share share, Policy policy, mpc::SelfCheck self_check);
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  // From now on this party signs ECDSA and not Schnorr. Errors: those of EcdsaHolder::open.
  [[nodiscard]] Status hold_ecdsa(const std::string& share_path);
  [[nodiscard]] EcdsaHolder* ecdsa() { return ecdsa_.get(); }

  [[nodiscard]] const mpc::Share& share() const { return share_; }
  [[nodiscard]] const Policy& policy() const { return policy_; }
  [[nodiscard]] mpc::SelfCheck self_check() const { return self_check_; }
  [[nodiscard]] const ByteArray<32>& key_digest() const { return key_digest_; }

  // Fresh randomness, hedged with the share, the key and a counter. Errors: internal.
  [[nodiscard]] Result<mpc::NoncePair> draw_nonce();

  // For signatures of the group's key.
  [[nodiscard]] Places& places() { return places_; }

  std::uint64_t signed_count = 0;
  std::uint64_t refused_count = 0;

 private:
  mpc::Share share_;
  Policy policy_;
  mpc::SelfCheck self_check_;
  ByteArray<32> key_digest_;
  crypto::PointBytes pubshare_;
  crypto::XonlyBytes xonly_key_;
  std::uint64_t nonces_drawn_ = 0;
  std::unique_ptr<EcdsaHolder> ecdsa_;
  Places places_;
};

// One coordinator's connection. One thread.
class PartySession {
 public:
  // Nonces a coordinator may hold at one time.
  static constexpr std::size_t kMostNonces = 1024;

  // Appends this party's hello to `out`. Errors: os_failure when the pool cannot be locked.
  [[nodiscard]] static Result<PartySession> open(Party& party, Bytes& out);

  // Takes one frame and appends the answers. Errors: the connection is to be closed, for the reason
  // in the message; a goodbye with it has been appended. A coordinator's own goodbye is Code::ok.
  [[nodiscard]] Status take(const mpc::wire::Frame& frame, Bytes& out);

  // Draws a few of the nonces that were asked for. Whether more are still owed.
  [[nodiscard]] Result<bool> draw_some(Bytes& out);
  [[nodiscard]] bool owes_nonces() const { return owed_nonces_ > 0; }
  [[nodiscard]] bool greeted() const { return greeted_; }

 private:
  PartySession(Party& party, custody::NoncePool pool);
  [[nodiscard]] Status dispatch(const mpc::wire::Frame& frame, Bytes& out);
  [[nodiscard]] Status take_hello(ByteView body);
  [[nodiscard]] Status take_child(ByteView body);
  [[nodiscard]] Status take_nonce_request(ByteView body);
  [[nodiscard]] Status take_sign_request(ByteView body, Bytes& out);
  [[nodiscard]] Status take_ecdsa(const mpc::wire::Frame& frame, Bytes& out);
  void refuse(std::uint64_t session, mpc::wire::Reason reason, std::string_view words, Bytes& out);

  Party* party_;
  custody::NoncePool pool_;
  std::optional<EcdsaLink> ecdsa_;
  std::optional<Places> child_;  // when this connection is for a child of the key
  bool asked_ = false;           // for nonces
  std::size_t owed_nonces_ = 0;
  bool greeted_ = false;
};

}  // namespace tally::sign
