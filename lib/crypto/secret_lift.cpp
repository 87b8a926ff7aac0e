#include "crypto/secret_lift.hpp"

#include <algorithm>
#include <array>

#include "core/bytes.hpp"
#include "crypto/ctime.hpp"
#include "crypto/point_table.hpp"

namespace tally::crypto {
namespace {

constexpr std::size_t kAtOnce = 8;

struct Lifting {
  std::array<FieldWords, kAtOnce> x;
  std::array<AffineWords, kAtOnce> point;
  AffineWords first;

  // Infinity is all zeros, so that a point is taken into it by or.
  void take(const AffineWords& next) {
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < 4; ++i) any |= first.x[i] | first.y[i];
    // The top bit of any | -any is set for all but zero.
    const std::uint64_t wanted = value_barrier((any | (0 - any)) >> 63U) - 1;
    for (std::size_t i = 0; i < 4; ++i) {
      first.x[i] |= next.x[i] & wanted;
      first.y[i] |= next.y[i] & wanted;
    }
  }
};

}  // namespace

Point lift_first(std::span<const XonlyBytes> candidates) {
  static constexpr std::array<bool, kAtOnce> kEven{};
  Lifting lifting{};
  for (std::size_t at = 0; at < candidates.size(); at += kAtOnce) {
    const std::size_t here = std::min(kAtOnce, candidates.size() - at);
    for (std::size_t i = 0; i < here; ++i) lifting.x[i] = load_words(candidates[at + i]);
    engine().lift_x(lifting.x.data(), kEven.data(), here, lifting.point.data());
    for (std::size_t i = 0; i < here; ++i) lifting.take(lifting.point[i]);
  }
  declassify(&lifting.first, sizeof lifting.first);
  const Point point = lifting.first.is_infinity() ? Point() : from_affine(lifting.first);
  core::wipe(&lifting, sizeof lifting);
  return point;
}

}  // namespace tally::crypto
