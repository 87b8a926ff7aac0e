#include "core/secret.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace core = tally::core;

TEST_SUITE_BEGIN("core");

TEST_CASE("a forked child reads zeros where the parent holds a secret") {
  auto secret = core::SecretBytes::allocate(32).value();
  std::fill(secret.bytes().begin(), secret.bytes().end(), std::uint8_t{0x5a});
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto bytes = secret.bytes();
    const bool zero = std::all_of(bytes.begin(), bytes.end(), [](auto b) { return b == 0; });
    ::_exit(zero ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(secret.bytes()[31] == 0x5a);
}

TEST_CASE("a secret moves and shrinks without leaving a copy behind") {
  auto first = core::SecretBytes::allocate(16).value();
  std::fill(first.bytes().begin(), first.bytes().end(), std::uint8_t{7});
  const std::uint8_t* memory = first.bytes().data();
  core::SecretBytes second = std::move(first);
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): emptiness is the contract
  CHECK(second.bytes().data() == memory);
  second.shrink(4);
  CHECK(second.size() == 4);
  CHECK(memory[3] == 7);
  CHECK(memory[4] == 0);
}

TEST_CASE("constant time comparison compares") {
  CHECK(core::equal_constant_time(core::as_bytes("abc"), core::as_bytes("abc")));
  CHECK_FALSE(core::equal_constant_time(core::as_bytes("abc"), core::as_bytes("abd")));
  CHECK_FALSE(core::equal_constant_time(core::as_bytes("abc"), core::as_bytes("ab")));
}

TEST_CASE("random bytes differ") {
  tally::ByteArray<32> a{};
  tally::ByteArray<32> b{};
  core::random_bytes(a);
  core::random_bytes(b);
  CHECK(a != b);
}

TEST_SUITE_END();
