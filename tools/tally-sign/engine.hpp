// The coordinator's side of signing, without sockets or clock: records and the parties' answers go
// in, messages to the parties and signed records come out. It holds no secret, and gives out only
// signatures that verify. What the schemes have in common; frost_engine.hpp and ecdsa_engine.hpp
// are the two.
//
// Finished sessions come out in the order their records went in. One thread.
#pragma once

#include <deque>
#include <functional>
#include <optional>
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
  virtual ~Engine() = default;

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

  // Parties, by identifier. What a party that goes down had begun is forgotten with it.
  virtual void party_up(mpc::PartyId party, std::uint64_t now_ns);
  virtual void party_down(mpc::PartyId party) = 0;
  // Takes a message of a party that is up. Errors: the party broke the protocol and its connection
  // is to be closed; the engine knows already.
  [[nodiscard]] virtual Status take(mpc::PartyId party, const mpc::wire::Frame& frame,
                                    std::uint64_t now_ns) = 0;
  // What is to be sent; the caller takes it away.
  [[nodiscard]] Bytes& outbox(mpc::PartyId party) { return parties_[party].outbox; }
  [[nodiscard]] bool is_up(mpc::PartyId party) const { return parties_[party].up; }
  [[nodiscard]] bool is_banned(mpc::PartyId party) const { return parties_[party].banned; }
  // Parties that are there and can sign with each other.
  [[nodiscard]] virtual std::size_t live() const;
  // Why parties that are there cannot sign with each other; nothing when that is not what is wrong.
  [[nodiscard]] virtual std::optional<Error> shortage() const { return {}; }
  [[nodiscard]] std::size_t banned() const;
  // Whether a party owes something.
  [[nodiscard]] virtual bool awaiting() const = 0;

  // Starts what can start, asks for what will be needed, and gives up on the silent. Parties that
  // went down by it are no longer is_up(), and their connections are to be closed.
  virtual void advance(std::uint64_t now_ns) = 0;

  [[nodiscard]] const mpc::GroupKey& group() const { return group_; }
  [[nodiscard]] const EngineCounts& counts() const { return counts_; }

 protected:
  struct PartyState {
    bool up = false;
    bool banned = false;
    Bytes outbox;
  };
  using State = SigningSession::State;

  // The session of an attempt that is under way; null when it is over or at another attempt.
  [[nodiscard]] SigningSession* attempt_of(std::uint64_t wire_id);
  void retry(SigningSession& session);
  void give_up(SigningSession& session, const std::string& why);
  [[nodiscard]] static Error broke_protocol(mpc::PartyId party, const char* what);

  mpc::GroupKey group_;
  EngineOptions options_;
  std::function<void(const std::string&)> notice_;
  SessionWindow window_;
  std::deque<std::uint64_t> waiting_;  // numbers of sessions
  std::vector<PartyState> parties_;
  EngineCounts counts_;
};

}  // namespace tally::sign
