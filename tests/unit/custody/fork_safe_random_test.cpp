#include "custody/fork_safe_random.hpp"

#include <array>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace tally;
using namespace tally::custody;
using mpc::dkls::Draw;
using mpc::dkls::Hedge;
using mpc::dkls::HedgedRandomness;
using mpc::dkls::Randomness;

namespace {

ByteArray<32> draw(Randomness& random) {
  ByteArray<32> bytes{};
  random.fill(Draw::r, 0, bytes);
  return bytes;
}

// What a forked child draws next.
ByteArray<32> draw_in_child(Randomness& random) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto drawn = draw(random);
    ::_exit(::write(ends[1], drawn.data(), drawn.size()) == ssize_t{32} ? 0 : 1);
  }
  REQUIRE(child > 0);
  ByteArray<32> bytes{};
  CHECK(::read(ends[0], bytes.data(), bytes.size()) == ssize_t{32});
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return bytes;
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("row 14 a forked child makes none of its parents draws of threshold ECDSA") {
  const auto guard = ForkGuard::create();
  REQUIRE(guard);
  const ByteArray<32> share{9};
  ForkSafeRandomness safe(*guard, Hedge{share, 1, {}});
  const auto before = draw(safe);
  const auto of_child = draw_in_child(safe);
  const auto of_other_child = draw_in_child(safe);
  const auto of_parent = draw(safe);
  CHECK(before != of_parent);
  CHECK(of_child != of_parent);
  CHECK(of_other_child != of_parent);
  CHECK(of_child != of_other_child);

  // The same on the bare generator shows that this is what the guard is for.
  const ByteArray<32> system{3};
  HedgedRandomness bare(system, Hedge{share, 1, {}});
  const auto repeated = draw_in_child(bare);
  CHECK(repeated == draw(bare));
}

TEST_CASE("two generators of one hedge draw apart") {
  const auto guard = ForkGuard::create();
  REQUIRE(guard);
  ForkSafeRandomness one(*guard, Hedge{});
  ForkSafeRandomness other(*guard, Hedge{});
  CHECK(draw(one) != draw(other));
}

TEST_SUITE_END();
