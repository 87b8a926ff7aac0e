// The limit that ends a test whose threads wait for each other for ever.
#include "support/time_limit.hpp"

#include <array>
#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

#include "core/fd.hpp"
#include "support/child.hpp"

using tally::test::TimeLimit;

TEST_SUITE_BEGIN("stress");

TEST_CASE("threads that never end are ended with words") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const tally::UniqueFd out(ends[0]);
  tally::UniqueFd in(ends[1]);
  tally::test::Child child([&] {
    ::dup2(in.get(), STDERR_FILENO);
    const TimeLimit limit(std::chrono::milliseconds(50));
    std::thread([] {
      for (;;) ::pause();
    }).join();
    return 0;
  });
  in.reset();
  CHECK(child.reap() == EXIT_FAILURE);
  std::array<char, 200> said{};
  REQUIRE(::read(out.get(), said.data(), said.size() - 1) > 0);
  CHECK(std::string(said.data()) ==
        "the threads of this test have not ended within 50 ms: one waits for ever\n");
}

TEST_CASE("a test that ends in time hears nothing of its limit") {
  tally::test::Child child([] {
    { const TimeLimit limit(std::chrono::seconds(1)); }
    ::usleep(1'200'000);
    return 7;
  });
  CHECK(child.reap() == 7);
}

TEST_SUITE_END();
