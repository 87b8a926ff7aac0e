// cache::Cache against a map: what is found is what was put last, and what was put last is there.
#include "cache/cache.hpp"

#include <cstdint>
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <unordered_map>
#include <vector>

using tally::cache::Cache;

namespace {

template <unsigned kWays>
void agrees_with_a_map(const std::vector<std::pair<std::uint8_t, std::uint64_t>>& steps,
                       std::uint64_t keys) {
  auto cache = Cache<kWays>::create(8 * kWays).value();
  std::unordered_map<std::uint64_t, std::uint64_t> model;
  for (const auto& [action, number] : steps) {
    const std::uint64_t key = number % keys * 0x1'0000'0001U;
    std::uint64_t value = 0;
    switch (action % 4) {
      case 0:
        RC_ASSERT(cache.erase(key));
        model.erase(key);
        RC_ASSERT(!cache.get(key, value));
        break;
      case 1:
        if (cache.get(key, value)) {
          RC_ASSERT(model.count(key) == 1U);
          RC_ASSERT(model[key] == value);
        }
        break;
      default:
        RC_ASSERT(cache.put(key, number));
        model[key] = number;
        RC_ASSERT(cache.get(key, value));
        RC_ASSERT(value == number);
    }
  }
}

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("a cache finds what was put last or nothing") {
  CHECK(rc::check(
      [](const std::vector<std::pair<std::uint8_t, std::uint64_t>>& steps, std::uint8_t keys) {
        agrees_with_a_map<3>(steps, 1U + keys);
        agrees_with_a_map<7>(steps, 1U + keys);
      }));
}

TEST_SUITE_END();
