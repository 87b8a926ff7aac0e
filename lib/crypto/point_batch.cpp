#include "crypto/point_batch.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <numeric>
#include <vector>

#include "crypto/point_table.hpp"

namespace tally::crypto {

bool parse_each_var(std::span<const PointBytes> encoded, std::span<Point> out) {
  const std::size_t count = encoded.size();
  std::vector<FieldWords> xs(count);
  const auto odd = std::make_unique<bool[]>(count);
  for (std::size_t i = 0; i < count; ++i) {
    odd[i] = encoded[i][0] == 3;
    xs[i] = load_words(ByteView(encoded[i]).last(32));
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

void evaluate_each_var(std::span<const Point> coefficients, std::uint32_t x, std::span<Point> out) {
  const std::size_t count = out.size();
  if (count == 0) return;
  const std::size_t degree = coefficients.size() / count - 1;
  // The coefficients of each degree together, then the values so far, then these before they are
  // multiplied by x.
  const std::size_t values = (degree + 1) * count;
  const std::size_t before = values + count;
  std::vector<AffineWords> points(before + count);
  bool infinities = false;
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    infinities = infinities || coefficients[i].is_infinity();
    points[i % (degree + 1) * count + i / (degree + 1)] = to_affine(coefficients[i]);
  }
  std::vector<PointRef> left(count);
  std::vector<PointRef> right(count);
  std::vector<AffineWords> sums(count);
  std::iota(left.begin(), left.end(), static_cast<PointRef>(values));
  const auto copy = [&points, count](std::size_t from, std::size_t to) {
    std::copy_n(points.data() + from, count, points.data() + to);
  };
  const auto add = [&](std::size_t from) {
    std::iota(right.begin(), right.end(), static_cast<PointRef>(from));
    infinities |= engine().add_pairs(points.data(), left.data(), right.data(), count, infinities,
                                     sums.data());
    std::copy(sums.begin(), sums.end(), points.begin() + static_cast<std::ptrdiff_t>(values));
  };
  copy(degree * count, values);
  for (std::size_t k = degree; k-- > 0;) {
    copy(values, before);
    for (int bit = static_cast<int>(std::bit_width(x)) - 2; bit >= 0; --bit) {
      add(values);
      if ((x >> static_cast<unsigned>(bit) & 1U) != 0) add(before);
    }
    add(k * count);
  }
  for (std::size_t i = 0; i < count; ++i) out[i] = from_affine(points[values + i]);
  core::wipe(points.data(), points.size() * sizeof points[0]);
  core::wipe(sums.data(), count * sizeof sums[0]);
}

}  // namespace tally::crypto
