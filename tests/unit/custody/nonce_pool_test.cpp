#include "custody/nonce_pool.hpp"

#include <doctest/doctest.h>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

namespace custody = tally::custody;
using tally::ByteArray;

namespace {

ByteArray<8> nonce_of(std::uint8_t value) {
  ByteArray<8> nonce{};
  nonce.fill(value);
  return nonce;
}

// Runs `check` in a forked child and answers whether it held there.
template <typename Check>
bool holds_in_child(Check check) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check() ? 0 : 1);
  int status = 0;
  return child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status) &&
         WEXITSTATUS(status) == 0;
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("a nonce is given once") {
  auto pool = custody::NoncePool::create(4, 8).value();
  std::uint64_t id = 0;
  REQUIRE(pool.try_put(nonce_of(7), id));
  ByteArray<8> out{};
  CHECK(pool.try_take(id, out));
  CHECK(out == nonce_of(7));
  out = {};
  CHECK_FALSE(pool.try_take(id, out));
  CHECK(out == nonce_of(0));
  CHECK(pool.size() == 0);
}

TEST_CASE("numbers of nonces are never used again") {
  auto pool = custody::NoncePool::create(3, 8).value();
  std::set<std::uint64_t> seen;
  ByteArray<8> out{};
  for (int round = 0; round < 100; ++round) {
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    REQUIRE(pool.try_put(nonce_of(1), a));
    REQUIRE(pool.try_put(nonce_of(2), b));
    CHECK(seen.insert(a).second);
    CHECK(seen.insert(b).second);
    if (round % 2 == 0) pool.drop(b);
    REQUIRE(pool.try_take(a, out));
    CHECK(pool.try_take(b, out) == (round % 2 == 1));
  }
}

TEST_CASE("a full pool refuses and strange numbers are not found") {
  auto pool = custody::NoncePool::create(2, 8).value();
  std::uint64_t id = 0;
  REQUIRE(pool.try_put(nonce_of(1), id));
  REQUIRE(pool.try_put(nonce_of(2), id));
  CHECK_FALSE(pool.try_put(nonce_of(3), id));
  CHECK_FALSE(pool.try_put(ByteArray<4>{}, id));
  ByteArray<8> out{};
  for (const std::uint64_t strange : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    CHECK_FALSE(pool.try_take(strange, out));
  }
  pool.clear();
  CHECK(pool.size() == 0);
  CHECK_FALSE(pool.try_take(id, out));
}

TEST_CASE("row 14 a forked child gets no nonce and can add none") {
  auto pool = custody::NoncePool::create(4, 8).value();
  std::uint64_t id = 0;
  REQUIRE(pool.try_put(nonce_of(9), id));
  CHECK(holds_in_child([&] {
    ByteArray<8> out{};
    std::uint64_t other = 0;
    return !pool.try_take(id, out) && out == nonce_of(0) && !pool.try_put(nonce_of(1), other);
  }));
  ByteArray<8> out{};
  CHECK(pool.try_take(id, out));
}

TEST_CASE("the fork guard notices a child") {
  const auto guard = custody::ForkGuard::create().value();
  CHECK(guard.intact());
  CHECK(holds_in_child([&] { return !guard.intact(); }));
}

TEST_SUITE_END();
