// Signing with FROST. Each record is one session: t live parties are chosen in turn, so that all n
// share the load; one message goes to each (message, quorum, nonce number, aggregated nonce) and
// one partial signature comes back. Nonces are fetched in batches ahead of time. Only when an
// aggregate does not verify are the partial signatures verified one by one; the party whose is
// wrong is banned and the session goes to another quorum, as it does when a party dies or is silent
// for too long. Connections are local and of one user, so that a partial signature counts as its
// party's.
//
// One thread.
#pragma once

#include <map>
#include <memory>

#include "engine.hpp"
#include "mpc/derive.hpp"

namespace tally::sign {

class FrostEngine final : public Engine {
 public:
  FrostEngine(const mpc::GroupKey& group, const EngineOptions& options,
              std::function<void(const std::string&)> notice);

  // From now on signatures are for the child of the key at `path`. Pre: no party was up yet.
  // Errors: those of mpc::derive.
  [[nodiscard]] Status sign_for(const std::vector<std::uint32_t>& path);
  // What signatures verify under: the group's key, or its child.
  [[nodiscard]] crypto::XonlyBytes public_key() const { return child_key_.xonly(); }

  void party_up(mpc::PartyId party, std::uint64_t now_ns) override;
  void party_down(mpc::PartyId party) override;
  [[nodiscard]] Status take(mpc::PartyId party, const mpc::wire::Frame& frame,
                            std::uint64_t now_ns) override;
  [[nodiscard]] bool awaiting() const override;
  void advance(std::uint64_t now_ns) override;

 private:
  struct Nonce {
    std::uint64_t id;
    mpc::PubNonce pub;
  };
  struct NonceStore {
    std::deque<Nonce> nonces;
    std::size_t nonces_asked = 0;
    std::uint64_t nonces_since_ns = 0;  // of the request or its last answer
  };

  void start_waiting(std::uint64_t now_ns);
  [[nodiscard]] bool try_start(SigningSession& session, std::uint64_t now_ns);
  [[nodiscard]] bool choose_quorum(SigningSession& session);
  void draw_nonces(SigningSession& session, std::vector<std::uint64_t>& ids);
  void send_requests(const SigningSession& session, std::span<const std::uint64_t> ids);
  [[nodiscard]] bool could_sign(mpc::PartyId party, const SigningSession& session) const;
  [[nodiscard]] std::size_t possible_signers(const SigningSession& session) const;

  [[nodiscard]] Status take_nonces(mpc::PartyId party, ByteView body, std::uint64_t now_ns);
  [[nodiscard]] Status take_partial(mpc::PartyId party, ByteView body);
  [[nodiscard]] Status take_refusal(mpc::PartyId party, ByteView body);
  void finish(SigningSession& session);
  [[nodiscard]] const mpc::Quorum* quorum_of(const std::vector<mpc::PartyId>& ids);

  void ban(mpc::PartyId party, const std::string& why);
  void ask_for_nonces(std::uint64_t now_ns);
  void drop_silent(std::uint64_t now_ns);

  std::vector<std::uint32_t> path_;  // empty for the key itself
  crypto::Point child_key_;
  ByteArray<32> tweak_{};
  std::vector<NonceStore> stores_;  // of each party
  std::map<std::vector<mpc::PartyId>, std::unique_ptr<mpc::Quorum>> quorums_;
  mpc::PartyId rotor_ = 0;
  std::uint64_t checked_silence_ns_ = 0;
};

}  // namespace tally::sign
