// SoftSpokenOT (Roy, ePrint 2022/192) with k = 4: from the leaves of a pair setup to 416 correlated
// rows of 128 bits. Bob chooses a bit a row; Alice holds Delta. Afterwards Bob's row j and Alice's
// are equal where his bit is 0 and differ by Delta where it is 1.
//
// Bob's consistency is checked by a linear hash over GF(2^208) (gf208.hpp). Chi is drawn from what
// Bob sent and hashed against a field product; Delta is applied to the hash bit by bit, which is a
// mask. All t~ go into one digest instead of onto the wire: Alice computes each of them exactly, so
// the predicate is the same (our own argument).
//
// Constant time in all leaves, Delta and bits. Allocates nothing; any thread.
#pragma once

#include <array>
#include <span>

#include "mpc/gf208.hpp"
#include "mpc/ot_base.hpp"
#include "mpc/ot_seeds.hpp"
#include "mpc/wiped.hpp"

namespace tally::mpc::dkls {

// 624 bits, lowest first, and 16 bits of zero: 416 of rows, 208 of the check's mask.
using Column = std::array<std::uint64_t, 10>;
using Columns = std::array<Column, kColumns>;
// Bit c of row j is bit j of column c.
using Rows = std::array<Seed, kXi>;

// Bob: U, 32 columns of 78 bytes each as they are sent, and V. `session` is sB; `x` the choice bits
// and the mask. Pre: x is kColumnBytes, u is kUBytes.
void extend_bob(const BobSeeds& seeds, const ByteArray<32>& session, ByteView x, MutableByteView u,
                Columns& v);
// Alice: W, which is V but for x in the columns of Delta. Pre: u is kUBytes.
void extend_alice(const AliceSeeds& seeds, const ByteArray<32>& session, ByteView u, Columns& w);

// Two elements drawn from dU, the digest of U.
[[nodiscard]] std::array<Gf208, 2> draw_chi(const ByteArray<32>& session,
                                            const ByteArray<32>& u_digest);

// Bob's half of the check: x~ (26 bytes) and the digest over it and all t~.
void prove_rows(const ByteArray<32>& session, const std::array<Gf208, 2>& chi, ByteView x,
                const Columns& v, MutableByteView x_tilde, MutableByteView digest);
// Alice's: whether the digest is the one her own columns give. No early exit.
[[nodiscard]] bool check_rows(const ByteArray<32>& session, const std::array<Gf208, 2>& chi,
                              const Columns& w, ByteView delta, ByteView x_tilde, ByteView digest);

void transpose(const Columns& columns, Rows& rows);

}  // namespace tally::mpc::dkls
