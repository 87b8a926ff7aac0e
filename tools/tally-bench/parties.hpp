// All signers of a key in one process, for cases: nobody waits for a network.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mpc/frost.hpp"
#include "mpc/nonce.hpp"
#include "mpc/quorum.hpp"

namespace tally::bench_tool {

// The first t of n parties of a key that guards nothing. It and the randomness of nonces are the
// same in every run, so that every run does the same work to the instruction. One thread.
class Parties {
 public:
  [[nodiscard]] static Result<std::shared_ptr<Parties>> make(std::uint32_t t, std::uint32_t n);

  [[nodiscard]] const mpc::Quorum& quorum() const { return quorum_; }
  [[nodiscard]] const std::vector<mpc::Signer>& signers() const { return signers_; }
  [[nodiscard]] mpc::Outcome<mpc::NoncePair> nonce(std::size_t position);

 private:
  explicit Parties(mpc::Quorum quorum) : quorum_(std::move(quorum)) {}

  mpc::Quorum quorum_;
  std::vector<mpc::Share> shares_;
  std::vector<mpc::Signer> signers_;
  std::uint64_t nonces_made_ = 0;
};

// Everything from nothing to a verified signature: nonces, sessions and partial signatures of all
// parties, then the coordinator's part. Empty when any of it failed.
[[nodiscard]] std::optional<mpc::Signature> sign_once(Parties& parties, ByteView message);

}  // namespace tally::bench_tool
