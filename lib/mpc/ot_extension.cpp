#include "mpc/ot_extension.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/ctime.hpp"
#include "crypto/sha256_batch.hpp"
#include "mpc/dkls_hash.hpp"

namespace tally::mpc::dkls {
namespace {

constexpr std::size_t kBlocksPerLeaf = 3;  // 78 bytes out of 3 digests
using Streams = std::array<Column, kLeaves>;

Column load_column(ByteView bytes) {
  Column column{};
  std::memcpy(column.data(), bytes.data(), kColumnBytes);
  return column;
}

Column operator^(const Column& a, const Column& b) {
  Column out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] ^ b[i];
  return out;
}

Column masked(const Column& a, std::uint64_t mask) {
  Column out;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = a[i] & mask;
  return out;
}

std::uint64_t bit_mask(ByteView bits, std::size_t index) {
  return crypto::value_barrier(0 - std::uint64_t{(bits[index / 8] >> (index % 8)) & 1U});
}

// What one tree's leaves are stretched to, 78 bytes each: three hashes of tree, leaf number,
// counter and leaf behind the session. The working memory is kept over trees.
class Stretcher {
 public:
  explicit Stretcher(const ByteArray<32>& session)
      : batch_(prefix_of(Label::prg, {session}), kTailBytes) {}

  // Pre: the last two bytes of every stream are zero.
  void stretch(std::size_t tree, ByteView leaves, Streams& out) {
    for (std::size_t y = 0; y < kLeaves; ++y) {
      std::uint8_t* const tail = batch_.message(y);
      tail[0] = static_cast<std::uint8_t>(tree);
      tail[1] = static_cast<std::uint8_t>(y);
      std::memcpy(tail + 3, &leaves[(tree * kLeaves + y) * kSeedBytes], kSeedBytes);
    }
    for (std::size_t block = 0; block < kBlocksPerLeaf; ++block) {
      for (std::size_t y = 0; y < kLeaves; ++y) {
        batch_.message(y)[2] = static_cast<std::uint8_t>(block);
      }
      batch_.digest(kLeaves, *digests_);
      const std::size_t at = kDigestBytes * block;
      for (std::size_t y = 0; y < kLeaves; ++y) {
        auto* const column = reinterpret_cast<std::uint8_t*>(out[y].data());
        std::memcpy(column + at, &(*digests_)[kDigestBytes * y],
                    std::min(kDigestBytes, kColumnBytes - at));
      }
    }
  }

 private:
  static constexpr std::size_t kTailBytes = 3 + kSeedBytes;
  static constexpr std::size_t kDigestBytes = 32;
  static_assert(kLeaves == crypto::Sha256Batch::kMost);
  crypto::Sha256Batch batch_;
  Wiped<ByteArray<kLeaves * kDigestBytes>> digests_;
};

// columns[b] = XOR of the streams whose number has bit b. Returns the XOR of all. Sums pairs, then
// pairs of these, and so on; the streams are used up.
Column sum_by_bit(Streams& streams, std::span<Column, kTreeDepth> columns) {
  std::size_t count = kLeaves;
  for (std::size_t b = 0; b < kTreeDepth; ++b) {
    count /= 2;
    Column odd{};
    for (std::size_t i = 0; i < count; ++i) {
      odd = odd ^ streams[2 * i + 1];
      streams[i] = streams[2 * i] ^ streams[2 * i + 1];
    }
    columns[b] = odd;
  }
  return streams[0];
}

std::span<Column, kTreeDepth> columns_of(Columns& columns, std::size_t tree) {
  return std::span<Column, kTreeDepth>(&columns[kTreeDepth * tree], kTreeDepth);
}

// Feeds the check's digest with t~ in the order of columns.
class CheckDigest {
 public:
  CheckDigest(const ByteArray<32>& session, ByteView x_tilde) : state_(midstate(Label::t)) {
    state_.update(session).update(x_tilde);
  }
  void add(const Gf208& t_tilde) {
    ByteArray<kGf208Bytes> bytes;
    gf208_store(t_tilde, bytes);
    state_.update(bytes);
    core::wipe(bytes);
  }
  ByteArray<32> finish() { return state_.finish(); }

 private:
  crypto::Sha256 state_;
};

ByteView bytes_of(const Column& column) {
  return {reinterpret_cast<const std::uint8_t*>(column.data()), kColumnBytes};
}

// Eight matrices of 64 by 64 bits at a time: lane k of word i is row i of matrix k, the lowest bit
// first. The compiler makes of a word's eight lanes what registers there are.
constexpr std::size_t kMatrixBits = 64;
using Lanes [[gnu::vector_size(64)]] = std::uint64_t;
using Matrices = std::array<Lanes, kMatrixBits>;

// Mirrors each at its diagonal: blocks of kWidth bits that lie across from each other change
// places, then those of half the width inside them (Warren, Hacker's Delight, 7-3).
template <unsigned kWidth>
void mirror_blocks(Matrices& rows) {
  constexpr std::uint64_t kLower = ~std::uint64_t{0} / ((std::uint64_t{1} << kWidth) + 1);
  for (std::size_t block = 0; block < rows.size(); block += 2 * kWidth) {
    for (std::size_t i = block; i < block + kWidth; ++i) {
      const Lanes changed = ((rows[i] >> kWidth) ^ rows[i + kWidth]) & kLower;
      rows[i] ^= changed << kWidth;
      rows[i + kWidth] ^= changed;
    }
  }
  if constexpr (kWidth > 1) mirror_blocks<kWidth / 2>(rows);
}

}  // namespace

void extend_bob(const BobSeeds& seeds, const ByteArray<32>& session, ByteView x, MutableByteView u,
                Columns& v) {
  Stretcher stretcher(session);
  Wiped<Streams> streams;
  *streams = {};  // as stretch() asks for: the bits of zero behind each column
  const Column x_column = load_column(x);
  for (std::size_t tree = 0; tree < kTrees; ++tree) {
    stretcher.stretch(tree, seeds.leaves(), *streams);
    const Column sum = x_column ^ sum_by_bit(*streams, columns_of(v, tree));
    std::memcpy(&u[tree * kColumnBytes], sum.data(), kColumnBytes);
  }
}

void extend_alice(const AliceSeeds& seeds, const ByteArray<32>& session, ByteView u, Columns& w) {
  Stretcher stretcher(session);
  Wiped<Streams> streams;
  *streams = {};  // as stretch() asks for: the bits of zero behind each column
  const ByteView delta = seeds.delta();
  for (std::size_t tree = 0; tree < kTrees; ++tree) {
    stretcher.stretch(tree, seeds.leaves(), *streams);
    const std::size_t hole = (delta[tree / 2] >> ((tree % 2) * 4)) & 15U;
    for (std::size_t y = 0; y < kLeaves; ++y) {
      const std::uint64_t known =
          ~crypto::value_barrier(0 - (((y ^ hole) - std::uint64_t{1}) >> 63U));
      (*streams)[y] = masked((*streams)[y], known);
    }
    // Numbered by y xor hole, a bit of the hole turns the sum over a set bit into that over a clear
    // one, which the sum over all tells; and where it is set, Delta adds U.
    const auto columns = columns_of(w, tree);
    const Column all =
        sum_by_bit(*streams, columns) ^ load_column(u.subspan(tree * kColumnBytes, kColumnBytes));
    for (std::size_t b = 0; b < kTreeDepth; ++b) {
      columns[b] = columns[b] ^ masked(all, bit_mask(delta, kTreeDepth * tree + b));
    }
  }
}

std::array<Gf208, 2> draw_chi(const ByteArray<32>& session, const ByteArray<32>& u_digest) {
  std::array<Gf208, 2> chi{};
  for (std::uint8_t j = 0; j < 2; ++j) {
    chi[j] = gf208_load(ByteView(th(Label::chi, {session, be(j), u_digest})).first(kGf208Bytes));
  }
  return chi;
}

void prove_rows(const ByteArray<32>& session, const std::array<Gf208, 2>& chi, ByteView x,
                const Columns& v, MutableByteView x_tilde, MutableByteView digest) {
  gf208_store(gf208_hash(chi, x), x_tilde);
  CheckDigest state(session, x_tilde);
  for (const Column& column : v) state.add(gf208_hash(chi, bytes_of(column)));
  const auto made = state.finish();
  std::copy(made.begin(), made.end(), digest.begin());
}

bool check_rows(const ByteArray<32>& session, const std::array<Gf208, 2>& chi, const Columns& w,
                ByteView delta, ByteView x_tilde, ByteView digest) {
  const Gf208 shift = gf208_load(x_tilde);
  CheckDigest state(session, x_tilde);
  for (std::size_t c = 0; c < w.size(); ++c) {
    Gf208 t_tilde = gf208_hash(chi, bytes_of(w[c]));
    const std::uint64_t mask = bit_mask(delta, c);
    for (std::size_t i = 0; i < t_tilde.size(); ++i) t_tilde[i] ^= shift[i] & mask;
    state.add(t_tilde);
  }
  const auto made = state.finish();
  // The verdict is what Bob learns.
  return crypto::declassified(core::equal_constant_time(made, digest));
}

void transpose(const Columns& columns, Rows& rows) {
  static_assert(kColumns % kMatrixBits == 0);
  static_assert(sizeof(Lanes) <= sizeof(Column) && kXi <= 8 * sizeof(Lanes));
  Wiped<Matrices> matrices;
  for (std::size_t half = 0; half < kColumns / kMatrixBits; ++half) {
    for (std::size_t i = 0; i < kMatrixBits; ++i) {
      std::memcpy(&(*matrices)[i], columns[kMatrixBits * half + i].data(), sizeof(Lanes));
    }
    mirror_blocks<kMatrixBits / 2>(*matrices);
    for (std::size_t j = 0; j < kXi; ++j) {
      const std::uint64_t bits = (*matrices)[j % kMatrixBits][j / kMatrixBits];
      std::memcpy(&rows[j][sizeof bits * half], &bits, sizeof bits);
    }
  }
}

}  // namespace tally::mpc::dkls
