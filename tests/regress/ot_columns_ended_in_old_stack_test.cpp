// Columns of the OT extension have 624 bits and then 16 of zero, which mpc/ot_extension.hpp
// promises. Once streams were filled in place, what the stack had held before stood there.
#include <array>
#include <doctest/doctest.h>
#include <memory>

#include "core/secret.hpp"
#include "mpc/ot_extension.hpp"

namespace {

using namespace tally::mpc::dkls;
using tally::ByteArray;
using tally::Bytes;

// Leaves numbers on more of the stack than the extension uses, no two alike, which would cancel in
// its sums.
[[gnu::noinline]] void dirty_stack() {
  std::array<volatile std::uint64_t, 8192> words;
  std::uint64_t number = 1;
  for (auto& word : words) word = number *= 0x9E3779B97F4A7C15;
}

void check_ends(const Columns& columns) {
  for (const Column& column : columns) CHECK((column.back() >> 48U) == 0);
}

}  // namespace

TEST_CASE("columns of an extension end in sixteen bits of zero") {
  Bytes leaves(kLeavesBytes);
  tally::core::random_bytes(leaves);
  Bytes x(kColumnBytes);
  tally::core::random_bytes(x);
  const ByteArray<kColumns / 8> delta{};
  const ByteArray<32> session{1};
  const auto bob = BobSeeds::make(leaves).value();
  const auto alice = AliceSeeds::make(leaves, delta).value();
  Bytes u(kUBytes);
  const auto columns = std::make_unique<Columns>();
  dirty_stack();
  extend_bob(bob, session, x, u, *columns);
  check_ends(*columns);
  dirty_stack();
  extend_alice(alice, session, u, *columns);
  check_ends(*columns);
}
