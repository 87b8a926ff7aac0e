// The coordinator's side of signing, without sockets or clock: records and the parties' answers go
// in, messages to the parties and signed records come out. It holds no secret, and gives out only
// signatures that verify.
//
// Each record is one session: t live parties are chosen in turn, so that all n share the load; one
// message goes to each (message, quorum, nonce number, aggregated nonce) and one partial signature
// comes back. Nonces are fetched in batches ahead of time. Only when an aggregate does not verify
// are the partial signatures verified one by one; the party whose is wrong is banned and the
// session goes to another quorum, as it does when a party dies or is silent for too long.
// Connections are local and of one user, so that a partial signature counts as its party's.
//
// Finished sessions come out in the order their records went in. One thread.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "mpc/sign_wire.hpp"
#include "session_window.hpp"

namespace tally::sign {

struct EngineOptions {
  std::uint64_t party_timeout_ns = 2'000'000'000;
  std::size_t window = 256;        // records between accepted and given out
  std::size_t nonces_ahead = 512;  // a party's, waiting here for use
};

struct EngineCounts {
  std::uint64_t accepted = 0;
  std::uint64_t signed_records = 0;
  std::uint64_t failed = 0;
  std::uint64_t retried = 0;
  std::uint64_t banned = 0;
};

class Engine {
 public:
  // `notice` is told, in a line for the user, what happened to a party or a record.
  Engine(const mpc::GroupKey& group, const EngineOptions& options,
         std::function<void(const std::string&)> notice);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Records. submit() copies the payload, unless `refusal` says why this record is failed at once;
  // pre: room() > 0.
  [[nodiscard]] std::size_t room() const { return window_.room(); }
  [[nodiscard]] std::size_t pending() const { return window_.size(); }
  void submit(const net::Record& record, std::uint64_t now_ns, const std::string& refusal = {});
  // The oldest record, when it is done or failed; null otherwise. drop_finished() ends its life.
  [[nodiscard]] const SigningSession* finished();
  void drop_finished();
  // Pre: pending() > 0.
  [[nodiscard]] std::uint64_t oldest_sequence() { return window_.oldest().record.sequence; }

  // Parties, by identifier. Nonces of a party that goes down are forgotten with it.
  void party_up(mpc::PartyId party, std::uint64_t now_ns);
  void party_down(mpc::PartyId party);
  // Takes a message of a party that is up. Errors: the party broke the protocol and its connection
  // is to be closed; the engine knows already.
  [[nodiscard]] Status take(mpc::PartyId party, const mpc::wire::Frame& frame,
                            std::uint64_t now_ns);
  // What is to be sent; the caller takes it away.
  [[nodiscard]] Bytes& outbox(mpc::PartyId party) { return parties_[party].outbox; }
  [[nodiscard]] bool is_up(mpc::PartyId party) const { return parties_[party].up; }
  [[nodiscard]] bool is_banned(mpc::PartyId party) const { return parties_[party].banned; }
  [[nodiscard]] std::size_t live() const;
  [[nodiscard]] std::size_t banned() const;
  // Whether a party owes something: an answer or nonces.
  [[nodiscard]] bool awaiting() const;

  // Starts what can start, asks for nonces, and gives up on the silent. Parties that went down by
  // it are no longer is_up(), and their connections are to be closed.
  void advance(std::uint64_t now_ns);

  [[nodiscard]] const mpc::GroupKey& group() const { return group_; }
  [[nodiscard]] const EngineCounts& counts() const { return counts_; }

 private:
  struct Nonce {
    std::uint64_t id;
    mpc::PubNonce pub;
  };
  struct PartyState {
    bool up = false;
    bool banned = false;
    std::deque<Nonce> nonces;
    std::size_t nonces_asked = 0;
    std::uint64_t nonces_since_ns = 0;  // of the request or its last answer
    Bytes outbox;
  };
  using State = SigningSession::State;

  void start_waiting(std::uint64_t now_ns);
  [[nodiscard]] bool try_start(SigningSession& session, std::uint64_t now_ns);
  [[nodiscard]] bool choose_quorum(SigningSession& session);
  void draw_nonces(SigningSession& session, std::vector<std::uint64_t>& ids);
  void send_requests(const SigningSession& session, std::span<const std::uint64_t> ids);
  [[nodiscard]] bool could_sign(mpc::PartyId party, const SigningSession& session) const;
  [[nodiscard]] std::size_t possible_signers(const SigningSession& session) const;

  [[nodiscard]] Status take_nonces(PartyState& party, ByteView body, std::uint64_t now_ns);
  [[nodiscard]] Status take_partial(mpc::PartyId party, ByteView body);
  [[nodiscard]] Status take_refusal(mpc::PartyId party, ByteView body);
  [[nodiscard]] SigningSession* attempt_of(std::uint64_t wire_id);
  void finish(SigningSession& session);
  [[nodiscard]] const mpc::Quorum* quorum_of(const std::vector<mpc::PartyId>& ids);

  void retry(SigningSession& session);
  void give_up(SigningSession& session, const std::string& why);
  void ban(mpc::PartyId party, const std::string& why);
  void ask_for_nonces(std::uint64_t now_ns);
  void drop_silent(std::uint64_t now_ns);

  mpc::GroupKey group_;
  EngineOptions options_;
  std::function<void(const std::string&)> notice_;
  SessionWindow window_;
  std::deque<std::uint64_t> waiting_;  // numbers of sessions
  std::vector<PartyState> parties_;
  std::map<std::vector<mpc::PartyId>, std::unique_ptr<mpc::Quorum>> quorums_;
  mpc::PartyId rotor_ = 0;
  std::uint64_t checked_silence_ns_ = 0;
  EngineCounts counts_;
};

}  // namespace tally::sign
