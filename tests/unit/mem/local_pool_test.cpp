#include "mem/local_pool.hpp"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <set>
#include <unistd.h>
#include <vector>

#include "support/child.hpp"
#include "support/sanitizer.hpp"
#include "support/skip.hpp"

using tally::Code;
using tally::mem::LocalPool;

namespace {

LocalPool make_pool(std::size_t block_bytes, std::size_t blocks) {
  return LocalPool::create(block_bytes, blocks).value();
}

Code refusal(std::size_t block_bytes, std::size_t blocks) {
  const auto pool = LocalPool::create(block_bytes, blocks);
  return pool ? Code::ok : pool.error().code;
}

}  // namespace

TEST_SUITE_BEGIN("mem");

TEST_CASE("a pool hands out each block once and then none") {
  LocalPool pool = make_pool(100, 1000);
  std::set<std::uint32_t> seen;
  for (std::size_t i = 0; i < 1000; ++i) seen.insert(pool.try_get());
  CHECK(seen.size() == 1000);
  CHECK(*seen.rbegin() == 999);
  CHECK(pool.available() == 0);
  CHECK(pool.try_get() == LocalPool::kNone);
  pool.put(17);
  CHECK(pool.try_get() == 17);
  CHECK(pool.try_get() == LocalPool::kNone);
}

TEST_CASE("blocks are zeroed and begin on lines of their own") {
  LocalPool pool = make_pool(65, 50);
  CHECK(pool.block_bytes() == 65);
  CHECK(pool.pages().prefaulted);
  std::vector<std::uintptr_t> starts;
  for (std::size_t i = 0; i < 50; ++i) {
    const auto block = pool.block(pool.try_get());
    CHECK(block.size() == 65);
    CHECK(std::all_of(block.begin(), block.end(), [](std::uint8_t byte) { return byte == 0; }));
    starts.push_back(reinterpret_cast<std::uintptr_t>(block.data()));
  }
  std::sort(starts.begin(), starts.end());
  for (std::size_t i = 0; i < starts.size(); ++i) {
    CHECK(starts[i] % tally::mem::kBlockAlignBytes == 0);
    if (i > 0) CHECK(starts[i] - starts[i - 1] >= 128);
  }
}

TEST_CASE("blocks of any size begin at a quarter of the places of a cache at least") {
  // By the low six bits of a line's number a first-level cache chooses one of 64 places.
  for (const std::size_t block_bytes : {64U, 200U, 512U, 1024U, 1025U, 1500U, 4096U, 65'536U}) {
    const LocalPool pool = make_pool(block_bytes, 64);
    std::set<std::uintptr_t> places;
    for (std::uint32_t i = 0; i < 64; ++i)
      places.insert(reinterpret_cast<std::uintptr_t>(pool.data(i)) / 64 % 64);
    CAPTURE(block_bytes);
    CHECK(places.size() >= 16);
    CHECK(static_cast<std::size_t>(pool.data(1) - pool.data(0)) < block_bytes + 128);
  }
}

TEST_CASE("the block put back last comes first and holds what was left in it") {
  LocalPool pool = make_pool(64, 8);
  const std::uint32_t first = pool.try_get();
  const std::uint32_t second = pool.try_get();
  pool.data(first)[63] = 0xab;
  pool.put(second);
  pool.put(first);
  CHECK(pool.try_get() == first);
  CHECK(pool.data(first)[63] == 0xab);
  CHECK(pool.try_get() == second);
}

TEST_CASE("a moved pool keeps its blocks") {
  LocalPool from = make_pool(64, 4);
  const std::uint32_t held = from.try_get();
  from.data(held)[0] = 7;
  LocalPool to = std::move(from);
  CHECK(to.available() == 3);
  CHECK(to.data(held)[0] == 7);
  to.put(held);
  CHECK(to.available() == 4);
}

TEST_CASE("sizes that make no pool are refused") {
  CHECK(refusal(0, 1) == Code::usage);
  CHECK(refusal(1, 0) == Code::usage);
  CHECK(refusal(1, LocalPool::kNone) == Code::usage);
  CHECK(refusal(std::size_t{1} << 62U, 4) == Code::usage);
  CHECK(refusal(SIZE_MAX, 1) == Code::usage);
}

TEST_CASE("a verify build ends at a block that is put back twice") {
#ifdef TALLY_VERIFY
  tally::test::Child child([] {
    ::close(STDERR_FILENO);
    LocalPool pool = make_pool(64, 4);
    const std::uint32_t index = pool.try_get();
    pool.put(index);
    pool.put(index);
    return 0;
  });
  CHECK(child.reap() == -SIGABRT);
#else
  tally::test::skip("only a build with TALLY_VERIFY looks");
#endif
}

TEST_CASE("the address sanitizer sees a block used after it was put back") {
  if (!tally::test::kAddressSanitizer) tally::test::skip("needs the address sanitizer");
  tally::test::Child child([] {
    ::close(STDERR_FILENO);
    LocalPool pool = make_pool(64, 4);
    const std::uint32_t index = pool.try_get();
    volatile std::uint8_t* const byte = pool.data(index);
    pool.put(index);
    *byte = 1;
    return 0;
  });
  CHECK(child.reap() == 1);
}
