#include "crypto/point_table.hpp"

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "core/endian.hpp"

namespace tally::crypto {
namespace {

// table[i] = (i + 1) * table[0], by doubling what there is: m more points are the first m plus the
// m-th.
void fill_multiples(AffineWords* table, std::size_t count) {
  std::vector<PointRef> left(count);
  std::iota(left.begin(), left.end(), PointRef{0});
  std::vector<PointRef> right;
  for (std::size_t made = 1; made < count; made *= 2) {
    right.assign(made, static_cast<PointRef>(made - 1));
    engine().add_pairs(table, left.data(), right.data(), made, false, table + made);
  }
}

}  // namespace

FieldWords load_words(ByteView bytes) {
  FieldWords words;
  for (std::size_t i = 0; i < 4; ++i) {
    words[3 - i] = core::load_be<std::uint64_t>(bytes.data() + 8 * i);
  }
  return words;
}

AffineWords to_affine(const Point& point) {
  auto bytes = point.coordinates();
  const AffineWords words = {load_words(ByteView(bytes).first(32)),
                             load_words(ByteView(bytes).last(32))};
  core::wipe(bytes);
  return words;
}

Point from_affine(const AffineWords& words) {
  ByteArray<64> bytes;
  for (std::size_t i = 0; i < 4; ++i) {
    core::store_be(bytes.data() + 8 * i, words.x[3 - i]);
    core::store_be(bytes.data() + 32 + 8 * i, words.y[3 - i]);
  }
  auto read = Point::from_coordinates(bytes);
  const Point point = read.value_or(Point());
  core::wipe(bytes);
  core::wipe(&read, sizeof read);
  return point;
}

Result<PointTable> PointTable::make(const Point& base, int window) {
  if (base.is_infinity()) return fail(Code::bad_data, "a table of the point at infinity");
  const std::size_t row = std::size_t{1} << static_cast<unsigned>(window - 1);
  TALLY_TRY(auto memory, mem::Mapping::anonymous(2 * row * sizeof(AffineWords)));
  auto* const table = reinterpret_cast<AffineWords*>(memory.data());
  ByteArray<32> shift{};
  shift[15] = 1;  // 2^128
  table[0] = to_affine(base);
  table[row] = to_affine(Point::mul_var(Scalar::from_bytes_reduced(shift), base));
  fill_multiples(table, row);
  fill_multiples(table + row, row);
  return PointTable(std::move(memory), window);
}

const PointTable& PointTable::generator() {
  static const PointTable kTable = [] {
    auto made = make(Point::generator(), kGeneratorWindow);
    if (!made) {
      std::fprintf(stderr, "no memory for the table of the generator\n");
      std::abort();
    }
    return std::move(*made);
  }();
  return kTable;
}

TableView PointTable::view() const {
  const auto* const table = reinterpret_cast<const AffineWords*>(memory_.data());
  return {table, table + (std::size_t{1} << static_cast<unsigned>(window_ - 1)), window_};
}

}  // namespace tally::crypto
