// A trusted dealer: draws a random polynomial of degree t - 1, whose value at zero is the key and
// at x = i + 1 the share of party i (Shamir 1979), and commits to its coefficients (Feldman 1987),
// so that each party can check its share without seeing another.
//
// The dealer knows the whole key while it runs. For a key nobody ever holds there is no dealer.
#pragma once

#include <span>
#include <vector>

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

// Whether `secret` is what the committed polynomial gives for party `id`. A list that has not
// exactly t commitments is refused before anything is computed: a longer one raises the threshold
// unseen. Faults: bad_parameters, bad_length, id_out_of_range, bad_share, share_mismatch.
[[nodiscard]] Outcome<void> verify_share(std::span<const crypto::Point> commitments,
                                         std::uint32_t t, std::uint32_t n, PartyId id,
                                         ByteView secret);

}  // namespace tally::mpc
