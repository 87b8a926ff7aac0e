#include "crypto/point_batch.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "core/endian.hpp"
#include "crypto/point_table.hpp"

namespace tally::crypto {

bool parse_each_var(std::span<const PointBytes> encoded, std::span<Point> out) {
  const std::size_t count = encoded.size();
  std::vector<FieldWords> xs(count);
  const auto odd = std::make_unique<bool[]>(count);
  for (std::size_t i = 0; i < count; ++i) {
    odd[i] = encoded[i][0] == 3;
    for (std::size_t j = 0; j < 4; ++j) {
      xs[i][3 - j] = core::load_be<std::uint64_t>(encoded[i].data() + 1 + 8 * j);
    }
  }
  std::vector<AffineWords> points(count);
  engine().lift_x(xs.data(), odd.get(), count, points.data());
  for (std::size_t i = 0; i < count; ++i) {
    const bool compressed = encoded[i][0] == 2 || encoded[i][0] == 3;
    out[i] = compressed ? from_affine(points[i]) : Point();
  }
  core::wipe(xs.data(), count * sizeof xs[0]);
  core::wipe(points.data(), count * sizeof points[0]);
  return std::ranges::none_of(out, &Point::is_infinity);
}

void add_each_var(std::span<const Point> a, std::span<const Point> b, std::span<Point> out) {
  const std::size_t count = a.size();
  std::vector<AffineWords> points;
  points.reserve(2 * count);
  bool infinities = false;
  for (const auto& side : {a, b}) {
    for (const Point& point : side) {
      infinities = infinities || point.is_infinity();
      points.push_back(to_affine(point));
    }
  }
  std::vector<PointRef> left(count);
  std::vector<PointRef> right(count);
  for (std::size_t i = 0; i < count; ++i) {
    left[i] = static_cast<PointRef>(i);
    right[i] = static_cast<PointRef>(count + i);
  }
  std::vector<AffineWords> sums(count);
  engine().add_pairs(points.data(), left.data(), right.data(), count, infinities, sums.data());
  for (std::size_t i = 0; i < count; ++i) out[i] = from_affine(sums[i]);
  core::wipe(points.data(), points.size() * sizeof points[0]);
  core::wipe(sums.data(), count * sizeof sums[0]);
}

}  // namespace tally::crypto
