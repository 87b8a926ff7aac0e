#include "mpc/ot_extension.hpp"

#include <algorithm>
#include <cstring>

#include "crypto/ctime.hpp"
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
  explicit Stretcher(const ByteArray<32>& session) : prefix_(prefix_of(Label::prg, {session})) {}

  void stretch(std::size_t tree, ByteView leaves, Streams& out) {
    for (std::size_t i = 0; i < kCount; ++i) {
      const std::size_t y = i / kBlocksPerLeaf;
      std::uint8_t* const tail = &(*tails_)[i * kTailBytes];
      tail[0] = static_cast<std::uint8_t>(tree);
      tail[1] = static_cast<std::uint8_t>(y);
      tail[2] = static_cast<std::uint8_t>(i % kBlocksPerLeaf);
      std::memcpy(tail + 3, &leaves[(tree * kLeaves + y) * kSeedBytes], kSeedBytes);
    }
    crypto::sha256_batch(prefix_, *tails_, kTailBytes, *digests_);
    for (std::size_t y = 0; y < kLeaves; ++y) {
      out[y] = load_column({&(*digests_)[32 * kBlocksPerLeaf * y], kColumnBytes});
    }
  }

 private:
  static constexpr std::size_t kCount = kLeaves * kBlocksPerLeaf;
  static constexpr std::size_t kTailBytes = 3 + kSeedBytes;
  crypto::Sha256 prefix_;
  Wiped<ByteArray<kCount * kTailBytes>> tails_;
  Wiped<ByteArray<kCount * 32>> digests_;
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

// The eight bytes are rows of an 8 by 8 bit matrix, the lowest bit first; mirrors it at its
// diagonal (Warren, Hacker's Delight, 7-3).
std::uint64_t transpose8(std::uint64_t x) {
  std::uint64_t t = (x ^ (x >> 7U)) & 0x00AA00AA00AA00AAULL;
  x ^= t ^ (t << 7U);
  t = (x ^ (x >> 14U)) & 0x0000CCCC0000CCCCULL;
  x ^= t ^ (t << 14U);
  t = (x ^ (x >> 28U)) & 0x00000000F0F0F0F0ULL;
  return x ^ t ^ (t << 28U);
}

}  // namespace

void extend_bob(const BobSeeds& seeds, const ByteArray<32>& session, ByteView x, MutableByteView u,
                Columns& v) {
  Stretcher stretcher(session);
  Wiped<Streams> streams;
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
  for (std::size_t group = 0; group < kColumns / 8; ++group) {
    for (std::size_t at = 0; at < kXi / 8; ++at) {
      std::uint64_t matrix = 0;
      for (std::size_t i = 0; i < 8; ++i) {
        const auto* column = reinterpret_cast<const std::uint8_t*>(columns[8 * group + i].data());
        matrix |= std::uint64_t{column[at]} << (8 * i);
      }
      matrix = transpose8(matrix);
      for (std::size_t i = 0; i < 8; ++i) {
        rows[8 * at + i][group] = static_cast<std::uint8_t>(matrix >> (8 * i));
      }
    }
  }
}

}  // namespace tally::mpc::dkls
