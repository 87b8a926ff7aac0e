#include "mem/arena.hpp"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <vector>

using tally::mem::Arena;

namespace {

Arena make_arena(std::size_t chunk_bytes) {
  return Arena::create(chunk_bytes).value();
}

std::uintptr_t address_of(const void* pointer) {
  return reinterpret_cast<std::uintptr_t>(pointer);
}

}  // namespace

TEST_SUITE_BEGIN("mem");

TEST_CASE("what an arena gives is aligned and zeroed and apart") {
  Arena arena = make_arena(4096);
  std::vector<std::uint8_t*> given;
  for (std::size_t i = 0; i < 500; ++i) {
    const std::size_t bytes = 1 + i % 60;
    std::uint8_t* const place = arena.allocate(bytes);
    REQUIRE(place != nullptr);
    CHECK(address_of(place) % Arena::kAlignBytes == 0);
    CHECK(std::all_of(place, place + bytes, [](std::uint8_t byte) { return byte == 0; }));
    std::fill_n(place, bytes, static_cast<std::uint8_t>(i));
    given.push_back(place);
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    const auto mine = [i](std::uint8_t byte) { return byte == static_cast<std::uint8_t>(i); };
    CHECK(std::all_of(given[i], given[i] + 1 + i % 60, mine));
  }
  CHECK(arena.chunks() > 1);
}

TEST_CASE("any alignment up to a page is met") {
  Arena arena = make_arena(1U << 16U);
  for (std::size_t align = 1; align <= 4096; align *= 2) {
    (void)arena.allocate(1, 1);
    CHECK(address_of(arena.allocate(3, align)) % align == 0);
  }
}

TEST_CASE("a large thing gets a chunk of its own and the current one stays in use") {
  Arena arena = make_arena(1U << 16U);
  std::uint8_t* const before = arena.allocate(16);
  std::uint8_t* const large = arena.allocate(1U << 20U);
  REQUIRE(large != nullptr);
  large[(1U << 20U) - 1] = 1;
  CHECK(arena.allocate(16) == before + 16);
  CHECK(arena.chunks() == 2);
  CHECK(arena.mapped_bytes() >= (1U << 20U) + (1U << 16U));
}

TEST_CASE("after a reset the first chunk is used again") {
  Arena arena = make_arena(4096);
  std::uint8_t* const first = arena.allocate(100);
  for (int i = 0; i < 100; ++i) (void)arena.allocate(900);
  CHECK(arena.chunks() > 1);
  arena.reset();
  CHECK(arena.chunks() == 1);
  CHECK(arena.allocate(100) == first);
}

TEST_CASE("objects are made in place") {
  struct Point {
    std::uint64_t x;
    std::uint64_t y;
  };
  Arena arena = make_arena(4096);
  const Point* const point = arena.make<Point>(std::uint64_t{3}, std::uint64_t{4});
  REQUIRE(point != nullptr);
  CHECK(point->x + point->y == 7);
  const Arena moved = std::move(arena);
  CHECK(point->y == 4);
  CHECK(moved.chunks() == 1);
}

TEST_CASE("an arena lies on large pages where it is large") {
  const Arena arena = make_arena(tally::mem::kHugePageBytes);
  CHECK(arena.pages().prefaulted);
  CHECK(arena.mapped_bytes() == tally::mem::kHugePageBytes);
}

TEST_CASE("more than there is to be had is null and no chunks is an error") {
  Arena arena = make_arena(4096);
  CHECK(arena.allocate(std::size_t{1} << 60U) == nullptr);
  CHECK(arena.allocate(SIZE_MAX) == nullptr);
  CHECK(arena.allocate(8) != nullptr);
  CHECK(Arena::create(0).error().code == tally::Code::usage);
}

TEST_SUITE_END();
