// A trusted dealer: draws a random polynomial of degree t - 1, whose value at zero is the key and
// at x = i + 1 the share of party i (Shamir 1979), and commits to its coefficients (Feldman 1987),
// so that each party can check its share without seeing another.
//
// The dealer knows the whole key while it runs. For a key nobody ever holds there is no dealer.
#pragma once

#include <span>
#include <vector>

#include "mpc/proof.hpp"
#include "mpc/share.hpp"

namespace tally::mpc {

// What a dealer hands out. One thread; all secrets are in locked memory and wiped with it.
class Dealing {
 public:
  [[nodiscard]] const GroupKey& group() const { return group_; }
  // Coefficients times the generator, constant term (the group key) first: t of them.
  [[nodiscard]] std::span<const crypto::Point> commitments() const { return commitments_; }
  // Faults: id_out_of_range, out_of_memory.
  [[nodiscard]] Outcome<Share> share(PartyId id) const;

 private:
  friend Outcome<Dealing> deal(std::uint32_t t, std::uint32_t n, ByteView seed);
  friend Outcome<Dealing> import_key(std::uint32_t t, std::uint32_t n, ByteView secret,
                                     const ByteArray<32>& chain_code, ByteView seed);
  static Outcome<Dealing> from(std::span<const crypto::SecretScalar> polynomial, std::uint32_t n,
                               const KeyFacts& facts);
  Dealing(GroupKey group, std::vector<crypto::Point> commitments, core::SecretBytes secrets)
      : group_(std::move(group)),
        commitments_(std::move(commitments)),
        secrets_(std::move(secrets)) {}

  GroupKey group_;
  std::vector<crypto::Point> commitments_;
  core::SecretBytes secrets_;  // 32 bytes a party
};

// Deals a t-of-n key from 32 random bytes, which decide everything and must be wiped by the caller.
// Bounds: 1 <= t <= n, 2 <= n <= 255. Costs t + n multiplications of the generator and n others.
// Faults: bad_parameters, bad_length, out_of_memory, negligible.
[[nodiscard]] Outcome<Dealing> deal(std::uint32_t t, std::uint32_t n, ByteView seed);

// Deals a key that exists already, with its chain code, from 32 random bytes for the rest of the
// polynomial. The key was whole before and its old copies stay as dangerous as they were.
// Faults: those of deal; bad_share when the secret is zero or not below n.
[[nodiscard]] Outcome<Dealing> import_key(std::uint32_t t, std::uint32_t n, ByteView secret,
                                          const ByteArray<32>& chain_code, ByteView seed);

// What a dealer shows the parties of an imported key: that the first commitment is the key they
// know, and that it knows its secret. `random` is 32 fresh bytes. Faults: those of prove.
[[nodiscard]] Outcome<Proof> prove_import(const Dealing& dealing, ByteView secret, ByteView random);
// Faults: bad_length for another number of commitments than t, key_mismatch when the first is not
// `key`, bad_proof.
[[nodiscard]] Outcome<void> verify_import(std::span<const crypto::Point> commitments,
                                          std::uint32_t t, const crypto::Point& key,
                                          ByteView proof);

// The whole secret key out of t shares or more of one state of it. It undoes what the program is
// for: who calls this holds the key afterwards. Faults: signer_count, duplicate_id, wrong_epoch
// when the shares are of different states, key_mismatch, out_of_memory.
[[nodiscard]] Outcome<core::SecretBytes> unsafe_export_key(std::span<const Share* const> shares);

// Whether `secret` is what the committed polynomial gives for party `id`. A list that has not
// exactly t commitments is refused before anything is computed: a longer one raises the threshold
// unseen. Faults: bad_parameters, bad_length, id_out_of_range, bad_share, share_mismatch.
[[nodiscard]] Outcome<void> verify_share(std::span<const crypto::Point> commitments,
                                         std::uint32_t t, std::uint32_t n, PartyId id,
                                         ByteView secret);

// The shares that many dealers gave party `id`, together: their multiples of the generator, made in
// constant time, are compared each with its committed polynomial, all of these evaluated at once.
// Faults: those of verify_share, with the position of the first bad dealer.
struct DealtShare {
  std::span<const crypto::Point> commitments;
  ByteView secret;
};
[[nodiscard]] Outcome<void> verify_shares(std::span<const DealtShare> shares, std::uint32_t t,
                                          std::uint32_t n, PartyId id);

}  // namespace tally::mpc
