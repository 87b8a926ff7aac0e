// Sums of many short lists of points of one table, side by side: pairs of every list are added in
// affine coordinates with shared inversions (Engine::add_pairs), then pairs of what came out, until
// each list is one point. Complete: equal, opposite and infinite operands included. Public data.
//
// An object belongs to one thread and keeps its memory from run to run.
#pragma once

#include <span>
#include <vector>

#include "crypto/engine.hpp"

namespace tally::crypto {

class ManySums {
 public:
  explicit ManySums(const Engine& engine) : engine_(&engine) {}

  void clear();
  // The next list, empty; add() puts points of the table into the last one, none of them infinity.
  void begin() { counts_.push_back(0); }
  void add(PointRef point) {
    refs_.push_back(point);
    ++counts_.back();
  }
  // The sum of each list; they hold until the next call. The lists are gone.
  [[nodiscard]] std::span<const AffineWords> sum_var(const AffineWords* table);

 private:
  void merge_round_var(const AffineWords* in, bool& infinities);

  const Engine* engine_;
  std::vector<std::uint32_t> counts_;
  std::vector<PointRef> refs_, left_, right_, single_;
  std::vector<AffineWords> nodes_, next_;
};

}  // namespace tally::crypto
