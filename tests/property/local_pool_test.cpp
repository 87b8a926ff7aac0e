// mem::LocalPool under any order of gets and puts.
#include "mem/local_pool.hpp"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <vector>

using tally::mem::LocalPool;

TEST_SUITE_BEGIN("property");

TEST_CASE("whatever the order no block is held twice and none is lost") {
  CHECK(rc::check([](const std::vector<bool>& gets, std::uint8_t room) {
    const std::size_t capacity = 1U + room;
    LocalPool pool = LocalPool::create(8, capacity).value();
    std::vector<std::uint32_t> held;
    std::size_t turn = 0;
    for (const bool get : gets) {
      if (get) {
        const std::uint32_t index = pool.try_get();
        RC_ASSERT((index == LocalPool::kNone) == (held.size() == capacity));
        if (index == LocalPool::kNone) continue;
        RC_ASSERT(index < capacity);
        RC_ASSERT(std::find(held.begin(), held.end(), index) == held.end());
        held.push_back(index);
      } else if (!held.empty()) {
        const auto victim = held.begin() + static_cast<std::ptrdiff_t>(++turn % held.size());
        pool.put(*victim);
        held.erase(victim);
      }
      RC_ASSERT(pool.available() + held.size() == capacity);
    }
  }));
}
