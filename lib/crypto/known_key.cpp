#include "crypto/known_key.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <numeric>

#include "core/endian.hpp"
#include "crypto/claim.hpp"
#include "crypto/field_5x52.hpp"
#include "crypto/field_chains.hpp"
#include "crypto/glv.hpp"
#include "crypto/group_formulas.hpp"
#include "crypto/point_table.hpp"

namespace tally::crypto {
namespace {

using Sum = Group<Portable>;
using Fe = Portable::Fe;

// The points whose sum is wanted, and their signs.
struct Points {
  static constexpr std::size_t kMost = 4 * (128 / CombTable::kWindow + 1);
  std::array<const AffineWords*, kMost> rows;
  std::array<bool, kMost> negative;
  std::size_t count = 0;

  void add_half(const CombTable& table, std::size_t first_row, const HalfScalar& k) {
    std::array<std::int16_t, 128 / CombTable::kWindow + 1> digits;
    signed_digits_var(k, CombTable::kWindow, digits.data(), 1);
    for (std::size_t j = 0; j < digits.size(); ++j) {
      const int digit = digits[j];
      if (digit == 0) continue;
      const auto index = static_cast<std::size_t>(digit < 0 ? -digit : digit) - 1;
      rows[count] = table.row(first_row + j) + index;
      negative[count++] = digit < 0;
    }
  }
  void add_multiple(const CombTable& table, const Scalar& k) {
    const ScalarWords words = split_words_var(k);
    add_half(table, 0, words.low);
    add_half(table, 128 / CombTable::kWindow, words.high);
  }
};

// k * G + m * P, in eight lanes and then one by one.
Sum sum_of(const Scalar& k, const CombTable& key, const Scalar& m) {
  Points points;
  points.add_multiple(CombTable::generator(), k);
  points.add_multiple(key, m);
  std::array<JacobianWords, Engine::kSumLanes> parts;
  engine().sum_points(points.rows.data(), points.negative.data(), points.count, parts.data());
  Sum sum;
  for (const JacobianWords& part : parts) {
    Sum one;
    one.infinite = part.infinite;
    one.point = {Portable::from_words(part.x), Portable::from_words(part.y),
                 Portable::from_words(part.z)};
    sum.add(one);
  }
  return sum;
}

}  // namespace

void CombTable::fill(const Point& base, AffineWords* row) {
  std::array<PointRef, kRowPoints> left;
  std::iota(left.begin(), left.end(), PointRef{0});
  row[0] = to_affine(base);
  for (std::size_t j = 0; j < kRows; ++j, row += kRowPoints) {
    // m more points are the first m plus the m-th; the next row begins with twice the last.
    for (std::size_t made = 1; made <= kRowPoints; made *= 2) {
      if (made == kRowPoints && j + 1 == kRows) break;
      std::array<PointRef, kRowPoints> right;
      right.fill(static_cast<PointRef>(made - 1));
      const bool last = made == kRowPoints;
      engine().add_pairs(row, last ? right.data() : left.data(), right.data(), last ? 1 : made,
                         false, row + made);
    }
  }
}

Result<CombTable> CombTable::make(const Point& base) {
  if (base.is_infinity()) return fail(Code::bad_data, "a table of the point at infinity");
  TALLY_TRY(auto memory, mem::Mapping::anonymous(kRows * kRowPoints * sizeof(AffineWords)));
  fill(base, reinterpret_cast<AffineWords*>(memory.data()));
  return CombTable(std::move(memory));
}

const CombTable& CombTable::generator() {
  static const CombTable kTable = [] {
    auto made = make(Point::generator());
    if (!made) {
      std::fprintf(stderr, "no memory for the comb of the generator\n");
      std::abort();
    }
    return std::move(*made);
  }();
  return kTable;
}

KnownKey::KnownKey(CombTable table, const Point& key)
    : table_(std::move(table)), even_(key.has_even_y()), xonly_(key.xonly()) {}

Result<KnownKey> KnownKey::make(const Point& key) {
  TALLY_TRY(auto table, CombTable::make(key));
  return KnownKey(std::move(table), key);
}

bool KnownKey::schnorr_verify_var(ByteView signature, ByteView message) const {
  if (signature.size() != 64) return false;
  const auto s = Scalar::parse(signature.last(32));
  if (!s) return false;
  const Scalar e = bip340_challenge(signature.first(32), xonly_, message);
  const Sum sum = sum_of(*s, table_, even_ ? -e : e);
  if (sum.infinite) return false;
  const FieldWords r = load_words(signature.first(32));
  const Fe inverse = field_inverse(sum.point.z);
  const Fe square = sqr(inverse);
  FieldWords x;
  field_to_words(mul(sum.point.x, square), x.data());
  // r >= p is no x in normal form.
  return x == r && !is_odd(normal(mul(sum.point.y, mul(square, inverse))));
}

bool KnownKey::ecdsa_verify_var(ByteView digest, ByteView signature, bool low_s) const {
  const auto given = parse_ecdsa_var(digest, signature, low_s);
  if (!given) return false;
  const Scalar inverse = Scalar::inverse_var(given->s);
  const Sum sum = sum_of(given->digest * inverse, table_, given->r * inverse);
  if (sum.infinite) return false;
  const Fe square = sqr(sum.point.z);
  const auto matches = [&](const FieldWords& x) {
    return is_zero(mul(Portable::from_words(x), square) - sum.point.x);
  };
  if (matches(given->r.limbs())) return true;
  const auto above = x_above_order_var(given->r.limbs());
  return above && matches(*above);
}

}  // namespace tally::crypto
