// Sums of many products k * P of public scalars and points, infinity allowed on both sides: up to
// kMostStrauss halves by Strauss's method (one ladder of doublings for all, wNAF digits over tables
// of odd multiples), more by Pippenger's (digits sort the points into buckets, see point_sums.hpp).
// Scalars of 256 bits are cut in two by the endomorphism first. Variable time: public values only.
//
// An object belongs to one thread. It allocates as terms are added and keeps its memory when
// cleared, so that a steady use allocates nothing.
//
// Source: Strauss (1964); Pippenger, "On the evaluation of powers and related problems" (1976).
#pragma once

#include <vector>

#include "crypto/engine.hpp"
#include "crypto/glv.hpp"
#include "crypto/scalar.hpp"

namespace tally::crypto {

class Msm {
 public:
  // Above this many halves (two a full scalar) buckets are used. Where they begin to be faster has
  // not been measured on its own.
  static constexpr std::size_t kMostStrauss = 12;

  explicit Msm(const Engine& engine) : engine_(&engine) {}

  void clear();
  // Adds k * P. Zero and infinity add nothing.
  void add(const Scalar& k, const AffineWords& point);
  // The same for a short scalar, which needs no cutting.
  void add(const HalfScalar& k, const AffineWords& point);

  // The sum of what was added since clear().
  [[nodiscard]] AffineWords sum_var();

 private:
  void join_halves();
  [[nodiscard]] AffineWords strauss_var() const;
  [[nodiscard]] AffineWords buckets_var();
  void fill_buckets_var(int window, int first, int last, AffineWords* buckets);
  void sort_digits_var(int window, int first, int last);
  void merge_round_var(const AffineWords* nodes, AffineWords* buckets, bool& infinities);

  // A bucket that still has several nodes: they are refs_[first] .. refs_[first + count - 1].
  struct Open {
    std::uint32_t bucket, first, count;
  };

  const Engine* engine_;
  std::vector<AffineWords> full_;  // points with scalars of two halves
  std::vector<SplitScalar> full_scalars_;
  std::vector<AffineWords> short_;
  std::vector<HalfScalar> short_scalars_;
  // Full points, their images under the endomorphism, short points; and their halves.
  std::vector<AffineWords> points_;
  std::vector<HalfScalar> halves_;
  // Of a round of merging.
  std::vector<std::int16_t> digits_;
  std::vector<std::uint32_t> counts_;
  std::vector<PointRef> refs_, next_refs_, left_, right_;
  std::vector<Open> open_, next_open_;
  std::vector<AffineWords> nodes_, next_nodes_;
  std::vector<AffineWords> buckets_;
};

}  // namespace tally::crypto
