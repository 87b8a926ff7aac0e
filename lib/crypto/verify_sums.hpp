// Verification by sums and lanes over an Engine (crypto/engine.hpp): the backends `portable` and
// `ifma`.
//
// Claims that can be summed (BIP-340, discrete logarithms, partial signatures, Feldman shares,
// ECDSA with a recovery id) are: sum of z_i * claim_i = infinity, with z_i of 128 bits. The
// multipliers come from SHA-256 over every claim of the batch and 32 fresh bytes of the operating
// system, so nobody who made an item can know them, and equal and opposite errors cancel with
// probability 2^-128 and no more. A sum that fails is cut up; small parts are checked singly, in
// lanes where the claim is a pair. Bare ECDSA signatures go into the lanes at once, and so does
// everything else while signatures come of which many are bad. Signatures under a key with a table
// are added up from it, each for itself, where a sum would not be faster.
//
// Source: Bellare, Garay, Rabin (EUROCRYPT 1998), the small exponents test; BIP-340, "Batch
// Verification".
#pragma once

#include "crypto/claim.hpp"
#include "crypto/many_sums.hpp"
#include "crypto/msm.hpp"
#include "crypto/verify_backend.hpp"

namespace tally::crypto {

class SumVerifier final : public VerifyBackend {
 public:
  // Who checks what is not summed up and no table is for.
  enum class Singly { engine, libsecp };
  explicit SumVerifier(const Engine& engine, Singly singly = Singly::engine)
      : engine_(&engine), singly_(singly), claims_(engine), msm_(engine), many_(engine) {
    if (singly == Singly::libsecp) claims_.leave_ecdsa_whole();
  }

  [[nodiscard]] std::string_view name() const override { return engine_->name; }
  void verify_var(std::span<const VerifyItem> items, std::span<Verdict> verdicts) override;
  void know(const std::shared_ptr<const KeyTable>& table) override;

 private:
  using Indices = std::span<const std::uint32_t>;

  void count_bad();
  void draw_multipliers();
  void settle_pairs_var(Indices indices);
  void settle_sum_var(Indices indices);
  // Whether their sum says that all are good; then they are settled.
  [[nodiscard]] bool settle_good_var(Indices indices);
  [[nodiscard]] bool sum_vanishes_var(Indices indices);
  [[nodiscard]] bool vanishes_var(const Claim& claim);
  void settle_singly_var(Indices indices);
  void settle_lanes_var(Indices indices);
  void settle_blocks_var(Indices indices);
  void settle_known_var(Indices indices);
  void add_comb_var(std::size_t first_point, const Scalar& k);
  [[nodiscard]] bool holds(const Claim& claim, const AffineWords& sum) const;

  const Engine* engine_;
  Singly singly_;
  ClaimBatch claims_;
  Msm msm_;
  ManySums many_;
  std::shared_ptr<const KeyTable> table_;
  std::span<const VerifyItem> items_;
  std::span<Verdict> verdicts_;
  std::vector<HalfScalar> multipliers_;
  // Of a sum: the factors of points that several terms have, by point and zero in between, and one
  // term of each.
  std::vector<Scalar> shared_factors_;
  std::vector<ClaimTerm> shared_terms_;
  std::vector<std::uint32_t> pairs_, sums_, direct_, known_, whole_;
  std::vector<DoubleMulBlock> blocks_;
  bool often_bad_ = false;  // the last batch had many bad pairs
};

}  // namespace tally::crypto
