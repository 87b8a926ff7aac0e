// Sums of many products k * P of public scalars and points, infinity allowed on both sides: up to
// most_strauss() halves by Strauss's method (one ladder of doublings for all, wNAF digits over
// tables of odd multiples), more by Pippenger's (digits sort the points into buckets, see
// point_sums.hpp). Scalars of 256 bits are cut in two by the endomorphism first. Variable time:
// public values only.
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
  // Above this many halves (two a full scalar) buckets are used. Measured by `tally-bench run
  // msm.1`, `.2`, `.3`, `.4`, `.8` on Zen 4, the time of buckets in that of Strauss's method for so
  // many points: 1.39, 0.96, 0.71, 0.57, 0.38 in eight lanes, where their additions share lanes and
  // his ladder runs alone; 3.2, 2.3, 1.8, 1.58, 1.13 in portable code.
  static constexpr std::size_t kMostStraussLanes = 3;
  static constexpr std::size_t kMostStraussPortable = 20;
  [[nodiscard]] static constexpr std::size_t most_strauss(const Engine& engine) {
    return engine.lanes > 1 ? kMostStraussLanes : kMostStraussPortable;
  }
  // The most that a limit may be.
  static constexpr std::size_t kRoomStrauss = 24;

  explicit Msm(const Engine& engine) : Msm(engine, most_strauss(engine)) {}
  // With a limit of one's own, at most kRoomStrauss, to measure by.
  Msm(const Engine& engine, std::size_t most_strauss)
      : engine_(&engine), most_strauss_(most_strauss) {}

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
  std::size_t most_strauss_;
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
