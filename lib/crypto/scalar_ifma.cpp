// Eight scalars at a time by AVX-512 IFMA, which multiplies 52-bit numbers and adds the lower or
// the upper half of the product to a 64-bit lane. In here a scalar is five limbs of 52 bits, limb i
// of eight scalars in register i; vectors in memory stay as scalar.hpp has them.
//
// A column, the sum of all half products of one weight, may reach 2^64: at most ten half products
// of 52 bits a product, so 400 products may be added up before carries are taken. Source of the
// radix: S. Gueron, V. Krasnov, "Accelerating big integer arithmetic using Intel IFMA extensions"
// (2016); the reduction by folding is ours.
#include <algorithm>
#include <cstring>
#include <immintrin.h>
#include <type_traits>

#include "crypto/scalar_limbs.hpp"
#include "crypto/scalar_sum.hpp"
#include "crypto/scalar_vector.hpp"

#define TALLY_IFMA gnu::target("avx512f,avx512vl,avx512bw,avx512dq,avx512ifma")
#define TALLY_IFMA_INLINE TALLY_IFMA, gnu::always_inline

namespace tally::crypto {
namespace {

static_assert(sizeof(Scalar) == 32 && std::is_trivially_copyable_v<Scalar>);

constexpr std::size_t kLanes = 8;
constexpr std::uint64_t kMask52 = (std::uint64_t{1} << 52U) - 1;
constexpr std::uint64_t kMask48 = (std::uint64_t{1} << 48U) - 1;

// c = 2^256 - n in limbs of 52 bits, and 16 c, which is 2^260 modulo n.
constexpr std::array<std::uint64_t, 3> kFold256 = {
    limbs::kFold[0] & kMask52, (limbs::kFold[0] >> 52U | limbs::kFold[1] << 12U) & kMask52,
    limbs::kFold[1] >> 40U | limbs::kFold[2] << 24U};
constexpr std::array<std::uint64_t, 3> kFold260 = {
    (kFold256[0] << 4U) & kMask52, (kFold256[1] << 4U | kFold256[0] >> 48U) & kMask52,
    kFold256[2] << 4U | kFold256[1] >> 48U};

struct Eight {
  __m512i limb[5];
};
struct Columns {
  __m512i at[10];
};

[[TALLY_IFMA_INLINE]] inline __m512i fill(std::uint64_t value) {
  return _mm512_set1_epi64(static_cast<long long>(value));
}
[[TALLY_IFMA_INLINE]] inline __m512i right(__m512i value, unsigned bits) {
  return _mm512_maskz_srli_epi64(0xFF, value, bits);
}
[[TALLY_IFMA_INLINE]] inline __m512i left(__m512i value, unsigned bits) {
  return _mm512_maskz_slli_epi64(0xFF, value, bits);
}
[[TALLY_IFMA_INLINE]] inline __m512i masked(__m512i value, std::uint64_t mask) {
  return _mm512_and_si512(value, fill(mask));
}
template <int kParts>
[[TALLY_IFMA_INLINE]] inline __m512i shuffle_parts(__m512i a, __m512i b) {
  return _mm512_maskz_shuffle_i64x2(0xFF, a, b, kParts);
}
[[TALLY_IFMA_INLINE]] inline __m512i lower_of_pairs(__m512i a, __m512i b) {
  return _mm512_maskz_unpacklo_epi64(0xFF, a, b);
}
[[TALLY_IFMA_INLINE]] inline __m512i upper_of_pairs(__m512i a, __m512i b) {
  return _mm512_maskz_unpackhi_epi64(0xFF, a, b);
}

// Eight scalars as they stand in memory, two a register.
struct Memory {
  __m512i pair[4];
};

[[TALLY_IFMA_INLINE]] inline Memory read(const void* from) {
  const auto* pairs = static_cast<const __m512i*>(from);
  return {{_mm512_loadu_si512(pairs), _mm512_loadu_si512(pairs + 1), _mm512_loadu_si512(pairs + 2),
           _mm512_loadu_si512(pairs + 3)}};
}
[[TALLY_IFMA_INLINE]] inline void write(const Memory& memory, void* to) {
  auto* pairs = static_cast<__m512i*>(to);
#pragma GCC unroll 4
  for (std::size_t i = 0; i < 4; ++i) _mm512_storeu_si512(pairs + i, memory.pair[i]);
}

// Between four limbs, least significant first, and 32 bytes, most significant first: the bytes of
// each half of a register the other way round.
[[TALLY_IFMA_INLINE]] inline Memory swap_bytes(Memory memory) {
  const __m128i order = _mm_set_epi64x(0x0001020304050607, 0x08090a0b0c0d0e0f);
#pragma GCC unroll 4
  for (__m512i& pair : memory.pair) {
    const __m512i parts = _mm512_shuffle_epi8(pair, _mm512_maskz_broadcast_i64x2(0xFF, order));
    pair = _mm512_maskz_permutex_epi64(0xFF, parts, 0x4E);
  }
  return memory;
}

// Scalars lie in the lanes in the order kLaneOrder, which loads and stores agree on and only
// add_where asks about.
constexpr std::array<unsigned, kLanes> kLaneOrder = {0, 2, 1, 3, 4, 6, 5, 7};

[[TALLY_IFMA_INLINE]] inline Eight load(const Memory& memory) {
  const __m512i even01 = lower_of_pairs(memory.pair[0], memory.pair[1]);
  const __m512i odd01 = upper_of_pairs(memory.pair[0], memory.pair[1]);
  const __m512i even23 = lower_of_pairs(memory.pair[2], memory.pair[3]);
  const __m512i odd23 = upper_of_pairs(memory.pair[2], memory.pair[3]);
  const __m512i l0 = shuffle_parts<0x88>(even01, even23);
  const __m512i l1 = shuffle_parts<0x88>(odd01, odd23);
  const __m512i l2 = shuffle_parts<0xDD>(even01, even23);
  const __m512i l3 = shuffle_parts<0xDD>(odd01, odd23);
  return {{masked(l0, kMask52), masked(_mm512_or_si512(right(l0, 52), left(l1, 12)), kMask52),
           masked(_mm512_or_si512(right(l1, 40), left(l2, 24)), kMask52),
           masked(_mm512_or_si512(right(l2, 28), left(l3, 36)), kMask52), right(l3, 16)}};
}
[[TALLY_IFMA_INLINE]] inline Eight load(const Scalar* from) {
  return load(read(from));
}

[[TALLY_IFMA_INLINE]] inline Memory to_memory(const Eight& a) {
  const __m512i l0 = _mm512_or_si512(a.limb[0], left(a.limb[1], 52));
  const __m512i l1 = _mm512_or_si512(right(a.limb[1], 12), left(a.limb[2], 40));
  const __m512i l2 = _mm512_or_si512(right(a.limb[2], 24), left(a.limb[3], 28));
  const __m512i l3 = _mm512_or_si512(right(a.limb[3], 36), left(a.limb[4], 16));
  const __m512i even_low = shuffle_parts<0x44>(l0, l2);
  const __m512i even_high = shuffle_parts<0xEE>(l0, l2);
  const __m512i odd_low = shuffle_parts<0x44>(l1, l3);
  const __m512i odd_high = shuffle_parts<0xEE>(l1, l3);
  const __m512i even01 = shuffle_parts<0xD8>(even_low, even_low);
  const __m512i even23 = shuffle_parts<0xD8>(even_high, even_high);
  const __m512i odd01 = shuffle_parts<0xD8>(odd_low, odd_low);
  const __m512i odd23 = shuffle_parts<0xD8>(odd_high, odd_high);
  return {{lower_of_pairs(even01, odd01), upper_of_pairs(even01, odd01),
           lower_of_pairs(even23, odd23), upper_of_pairs(even23, odd23)}};
}
[[TALLY_IFMA_INLINE]] inline void store(const Eight& a, Scalar* to) {
  write(to_memory(a), to);
}

// columns[i + j] += a[i] * b[j].
template <std::size_t kA, std::size_t kB>
[[TALLY_IFMA_INLINE]] inline void add_products(__m512i* columns, const __m512i* a,
                                               const __m512i* b) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < kA; ++i) {
#pragma GCC unroll 8
    for (std::size_t j = 0; j < kB; ++j) {
      columns[i + j] = _mm512_madd52lo_epu64(columns[i + j], a[i], b[j]);
      columns[i + j + 1] = _mm512_madd52hi_epu64(columns[i + j + 1], a[i], b[j]);
    }
  }
}

// Brings all columns but the last one below 2^52.
template <std::size_t kCount>
[[TALLY_IFMA_INLINE]] inline void carry(__m512i* columns) {
#pragma GCC unroll 16
  for (std::size_t i = 0; i + 1 < kCount; ++i) {
    columns[i + 1] = _mm512_add_epi64(columns[i + 1], right(columns[i], 52));
    columns[i] = masked(columns[i], kMask52);
  }
}

// e - n in the lanes of `not_below`, where e >= n, and e elsewhere.
struct Reduced {
  Eight value;
  __mmask8 not_below;
};
// Pre: carried limbs of a number below 2n.
[[TALLY_IFMA_INLINE]] inline Reduced subtract_order(const __m512i* e) {
  // e + c has bit 256 exactly when e >= n, and without it is then e - n.
  __m512i s[5] = {_mm512_add_epi64(e[0], fill(kFold256[0])),
                  _mm512_add_epi64(e[1], fill(kFold256[1])),
                  _mm512_add_epi64(e[2], fill(kFold256[2])), e[3], e[4]};
  carry<5>(s);
  Reduced r;
  r.not_below = _mm512_test_epi64_mask(s[4], fill(~kMask48));
  s[4] = masked(s[4], kMask48);
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 5; ++i) {
    r.value.limb[i] = _mm512_mask_mov_epi64(e[i], r.not_below, s[i]);
  }
  return r;
}

// Six carried limbs modulo n. Pre: below 2^300. To 257 bits by 2^256, then one subtraction.
[[TALLY_IFMA_INLINE]] inline Eight reduce_short(__m512i* e) {
  const __m512i fold256[3] = {fill(kFold256[0]), fill(kFold256[1]), fill(kFold256[2])};
  const __m512i above = _mm512_or_si512(right(e[4], 48), left(e[5], 4));
  e[4] = masked(e[4], kMask48);
  add_products<1, 3>(e, &above, fold256);
  carry<5>(e);
  return subtract_order(e).value;
}

// The ten columns modulo n, wholly reduced. Pre: their sum is below 2^514. 514 -> 388 -> 262 bits
// by 2^260.
[[TALLY_IFMA_INLINE]] inline Eight reduce(Columns& columns) {
  const __m512i fold260[3] = {fill(kFold260[0]), fill(kFold260[1]), fill(kFold260[2])};
  const __m512i zero = _mm512_setzero_si512();
  __m512i* c = columns.at;
  carry<10>(c);
  __m512i d[8] = {c[0], c[1], c[2], c[3], c[4], zero, zero, zero};
  add_products<5, 3>(d, c + 5, fold260);
  carry<8>(d);
  __m512i e[6] = {d[0], d[1], d[2], d[3], d[4], zero};
  add_products<3, 3>(e, d + 5, fold260);
  carry<6>(e);
  return reduce_short(e);
}

// Eight scalars, the last ones zero where fewer are left. Wiped.
class Tail {
 public:
  explicit Tail(Scalars rest) {
    for (std::size_t i = 0; i < rest.size(); ++i) values_[i] = rest[i];
  }
  Tail(const Tail&) = delete;
  Tail& operator=(const Tail&) = delete;
  ~Tail() { core::wipe(&values_, sizeof values_); }
  [[nodiscard]] Scalar* data() { return values_.data(); }

 private:
  std::array<Scalar, kLanes> values_;
};

// Products that are added up in the lanes before their columns go into the sum: 32 * 10 * 2^52 in
// each of eight lanes is below 2^64.
constexpr std::size_t kGroupsAtATime = 32;

[[TALLY_IFMA]] void add_inner_product(const Scalar* a, const Scalar* b, std::size_t groups,
                                      ScalarSum& sum) {
  Columns columns;
  for (__m512i& column : columns.at) column = _mm512_setzero_si512();
  for (std::size_t i = 0; i < groups; ++i) {
    const Eight x = load(a + i * kLanes);
    const Eight y = load(b + i * kLanes);
    add_products<5, 5>(columns.at, x.limb, y.limb);
  }
  alignas(64) std::array<std::uint64_t, kLanes> lanes;
  for (unsigned i = 0; i < 10; ++i) {
    _mm512_store_si512(lanes.data(), columns.at[i]);
    std::uint64_t total = 0;
    for (const std::uint64_t lane : lanes) total += lane;
    sum.add_shifted(total, 52 * i);
  }
}

Scalar inner_product_ifma(Scalars a, Scalars b) {
  ScalarSum sum;
  while (a.size() >= kLanes) {
    const std::size_t groups = std::min(a.size() / kLanes, kGroupsAtATime);
    add_inner_product(a.data(), b.data(), groups, sum);
    a = a.subspan(groups * kLanes);
    b = b.subspan(groups * kLanes);
  }
  for (std::size_t i = 0; i < a.size(); ++i) sum.add_product(a[i], b[i]);
  return sum.reduced();
}

// One scalar in all lanes.
[[TALLY_IFMA_INLINE]] inline Eight fill_limbs(const Scalar::Limbs& l) {
  return {{fill(l[0] & kMask52), fill((l[0] >> 52U | l[1] << 12U) & kMask52),
           fill((l[1] >> 40U | l[2] << 24U) & kMask52), fill((l[2] >> 28U | l[3] << 36U) & kMask52),
           fill(l[3] >> 16U)}};
}

struct Line {
  Eight x;
  Eight y;
};

[[TALLY_IFMA_INLINE]] inline void add_scaled_eight(const Line& line, const Scalar* addend,
                                                   const Scalar* a, const Scalar* b, Scalar* out) {
  const Eight sum = load(addend);
  Columns columns;
  for (std::size_t i = 0; i < 10; ++i) {
    columns.at[i] = i < 5 ? sum.limb[i] : _mm512_setzero_si512();
  }
  const Eight first = load(a);
  add_products<5, 5>(columns.at, first.limb, line.x.limb);
  const Eight second = load(b);
  add_products<5, 5>(columns.at, second.limb, line.y.limb);
  store(reduce(columns), out);
}

[[TALLY_IFMA]] void add_scaled_ifma(Scalars addend, const Scalar& x, Scalars a, const Scalar& y,
                                    Scalars b, std::span<Scalar> out) {
  const Line line = {fill_limbs(x.limbs()), fill_limbs(y.limbs())};
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    add_scaled_eight(line, &addend[i], &a[i], &b[i], &out[i]);
  }
  if (i == a.size()) return;
  Tail sums(addend.subspan(i));
  Tail first(a.subspan(i));
  Tail second(b.subspan(i));
  add_scaled_eight(line, sums.data(), first.data(), second.data(), sums.data());
  std::memcpy(&out[i], sums.data(), (a.size() - i) * sizeof(Scalar));
}

// As carry, for columns that may be below zero but the sum of all of them.
[[TALLY_IFMA_INLINE]] inline void carry_signed(__m512i (&columns)[6]) {
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 5; ++i) {
    columns[i + 1] =
        _mm512_add_epi64(columns[i + 1], _mm512_maskz_srai_epi64(0xFF, columns[i], 52));
    columns[i] = masked(columns[i], kMask52);
  }
}

// `raised` is n + x.
[[TALLY_IFMA_INLINE]] inline void subtract_eight(const Eight& raised, const Scalar* a,
                                                 const Scalar* b, Scalar* out) {
  const Eight from = load(a);
  const Eight what = load(b);
  __m512i e[6];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 5; ++i) {
    e[i] = _mm512_add_epi64(raised.limb[i], _mm512_sub_epi64(from.limb[i], what.limb[i]));
  }
  e[5] = _mm512_setzero_si512();
  carry_signed(e);
  store(reduce_short(e), out);
}

[[TALLY_IFMA]] void subtract_and_add_ifma(Scalars a, Scalars b, const Scalar& x,
                                          std::span<Scalar> out) {
  const Eight order = fill_limbs(limbs::kOrder);
  Eight raised = fill_limbs(x.limbs());
  for (std::size_t i = 0; i < 5; ++i) {
    raised.limb[i] = _mm512_add_epi64(raised.limb[i], order.limb[i]);
  }
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) subtract_eight(raised, &a[i], &b[i], &out[i]);
  if (i == a.size()) return;
  Tail from(a.subspan(i));
  Tail what(b.subspan(i));
  subtract_eight(raised, from.data(), what.data(), from.data());
  std::memcpy(&out[i], from.data(), (a.size() - i) * sizeof(Scalar));
}

// The lanes of the scalars whose bits are set.
constexpr __mmask8 lanes_of(unsigned bits) {
  unsigned lanes = 0;
  for (unsigned lane = 0; lane < kLanes; ++lane) lanes |= ((bits >> kLaneOrder[lane]) & 1U) << lane;
  return static_cast<__mmask8>(lanes);
}

[[TALLY_IFMA_INLINE]] inline void add_where_eight(const Scalar* a, __mmask8 lanes, const Scalar* b,
                                                  const Eight& x, Scalar* out) {
  const Eight to = load(a);
  const Eight what = load(b);
  __m512i e[6];
#pragma GCC unroll 8
  for (std::size_t i = 0; i < 5; ++i) {
    const __m512i added = _mm512_add_epi64(what.limb[i], x.limb[i]);
    e[i] = _mm512_mask_add_epi64(to.limb[i], lanes, to.limb[i], added);
  }
  e[5] = _mm512_setzero_si512();
  carry<6>(e);
  store(reduce_short(e), out);
}

[[TALLY_IFMA]] void add_where_ifma(Scalars a, ByteView bits, Scalars b, const Scalar& x,
                                   std::span<Scalar> out) {
  const Eight added = fill_limbs(x.limbs());
  std::size_t i = 0;
  for (; i + kLanes <= a.size(); i += kLanes) {
    add_where_eight(&a[i], lanes_of(bits[i / kLanes]), &b[i], added, &out[i]);
  }
  if (i == a.size()) return;
  Tail to(a.subspan(i));
  Tail what(b.subspan(i));
  add_where_eight(to.data(), lanes_of(bits[i / kLanes]), what.data(), added, to.data());
  std::memcpy(&out[i], to.data(), (a.size() - i) * sizeof(Scalar));
}

[[TALLY_IFMA]] void reduce_each_ifma(ByteView bytes, std::span<Scalar> out) {
  std::size_t i = 0;
  for (; i + kLanes <= out.size(); i += kLanes) {
    const Eight value = load(swap_bytes(read(&bytes[i * sizeof(Scalar)])));
    store(subtract_order(value.limb).value, &out[i]);
  }
  for (; i < out.size(); ++i) {
    out[i] = Scalar::from_bytes_reduced(bytes.subspan(i * sizeof(Scalar), sizeof(Scalar)));
  }
}

[[TALLY_IFMA]] bool parse_each_ifma(ByteView bytes, std::span<Scalar> out) {
  __mmask8 not_below = 0;
  std::size_t i = 0;
  for (; i + kLanes <= out.size(); i += kLanes) {
    const Memory memory = swap_bytes(read(&bytes[i * sizeof(Scalar)]));
    const Eight value = load(memory);
    not_below = static_cast<__mmask8>(not_below | subtract_order(value.limb).not_below);
    write(memory, &out[i]);
  }
  if (declassified(not_below != 0)) return false;
  for (; i < out.size(); ++i) {
    const auto value = Scalar::parse(bytes.subspan(i * sizeof(Scalar), sizeof(Scalar)));
    if (!value) return false;
    out[i] = *value;
  }
  return true;
}

[[TALLY_IFMA]] void encode_each_ifma(Scalars values, MutableByteView bytes) {
  std::size_t i = 0;
  for (; i + kLanes <= values.size(); i += kLanes) {
    write(swap_bytes(read(&values[i])), &bytes[i * sizeof(Scalar)]);
  }
  for (; i < values.size(); ++i) {
    values[i].encode_to(bytes.subspan(i * sizeof(Scalar), sizeof(Scalar)));
  }
}

}  // namespace

const ScalarVectorKernel& scalar_vector_ifma() {
  static constexpr ScalarVectorKernel kKernel = {
      inner_product_ifma, add_scaled_ifma, subtract_and_add_ifma, add_where_ifma,
      reduce_each_ifma,   parse_each_ifma, encode_each_ifma};
  return kKernel;
}

}  // namespace tally::crypto
