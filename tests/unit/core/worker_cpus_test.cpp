#include <algorithm>
#include <doctest/doctest.h>
#include <sched.h>
#include <string>
#include <thread>

#include "core/hex.hpp"
#include "core/threads.hpp"

namespace core = tally::core;

TEST_SUITE_BEGIN("core");

TEST_CASE("workers get different processors that the process may run on") {
  const auto allowed = static_cast<std::size_t>(core::allowed_cpu_count());
  for (const std::size_t count : {std::size_t{0}, std::size_t{1}, allowed, allowed + 5}) {
    auto cpus = core::worker_cpus(count);
    CHECK(cpus.size() == std::min(count, allowed));
    std::sort(cpus.begin(), cpus.end());
    CHECK(std::adjacent_find(cpus.begin(), cpus.end()) == cpus.end());
  }
  std::thread([] {
    const int here = ::sched_getcpu();
    REQUIRE(core::pin_to_cpu(here));
    CHECK(core::worker_cpus(4) == std::vector<int>{here});
  }).join();
}

TEST_CASE("every character is a digit or is named by its place") {
  for (int c = 0; c < 256; ++c) {
    CAPTURE(c);
    const std::string text = {'0', static_cast<char>(c)};
    const auto decoded = core::from_hex(text);
    const bool digit = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    CHECK(decoded.has_value() == digit);
    if (digit) {
      CHECK((*decoded)[0] == std::stoi(text, nullptr, 16));
    } else {
      CHECK(decoded.error().message == "character 2 is not a hexadecimal digit");
    }
  }
}

TEST_SUITE_END();
