// The records a coordinator has accepted and not given out yet, in the order they came: at most as
// many as the window has places. A place is used again and again, with the memory it has grown to.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "mpc/frost.hpp"
#include "net/record.hpp"

namespace tally::sign {

using PartySet = std::bitset<mpc::kMostParties + 1>;

struct SigningSession {
  enum class State {
    waiting,  // for parties or nonces
    running,  // partial signatures are on their way
    done,     // signature is valid
    failed,   // why says why; nobody will sign this record
  };

  std::uint64_t number = 0;
  State state = State::waiting;
  net::Record record;  // its payload is `payload`
  Bytes payload;
  std::uint64_t accepted_ns = 0;

  // Of the current attempt.
  std::uint8_t attempt = 0;
  std::uint64_t started_ns = 0;
  std::vector<mpc::PartyId> quorum;
  std::vector<mpc::PubNonce> pubnonces;
  std::vector<mpc::PartialSignature> partials;
  mpc::AggNonce aggnonce{};
  PartySet answered;

  PartySet excluded;  // parties that will not sign this one
  mpc::Signature signature{};
  int recovery_id = -1;  // of an ECDSA signature
  std::string why;

  // What identifies one attempt on the wire.
  [[nodiscard]] std::uint64_t wire_id() const { return number << 8U | attempt; }
};

class SessionWindow {
 public:
  explicit SessionWindow(std::size_t places) : places_(places) {}

  [[nodiscard]] std::size_t size() const { return static_cast<std::size_t>(next_ - first_); }
  [[nodiscard]] std::size_t room() const { return places_.size() - size(); }
  [[nodiscard]] bool empty() const { return first_ == next_; }

  // The next place, cleared. Pre: room() > 0.
  SigningSession& open() {
    SigningSession& session = places_[next_ % places_.size()];
    session.number = next_++;
    session.state = SigningSession::State::waiting;
    session.attempt = 0;
    session.excluded.reset();
    session.why.clear();
    return session;
  }
  [[nodiscard]] SigningSession& oldest() { return places_[first_ % places_.size()]; }
  void drop_oldest() { ++first_; }

  // Null for a session that is not in the window.
  [[nodiscard]] SigningSession* find(std::uint64_t number) {
    return number >= first_ && number < next_ ? &places_[number % places_.size()] : nullptr;
  }
  template <typename Visitor>
  void for_each(Visitor&& visit) {
    for (std::uint64_t n = first_; n < next_; ++n) visit(places_[n % places_.size()]);
  }

 private:
  std::vector<SigningSession> places_;
  std::uint64_t first_ = 0;
  std::uint64_t next_ = 0;
};

}  // namespace tally::sign
