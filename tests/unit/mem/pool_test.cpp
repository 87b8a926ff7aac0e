#include "mem/pool.hpp"

#include <algorithm>
#include <cstdint>
#include <doctest/doctest.h>
#include <optional>
#include <set>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "core/fd.hpp"
#include "support/child.hpp"
#include "support/sanitizer.hpp"
#include "support/skip.hpp"
#include "support/time_limit.hpp"

using tally::Code;
using tally::mem::kPoolMembersMost;
using tally::mem::Mapping;
using tally::mem::Pool;
using tally::mem::PoolHeader;
using tally::mem::PoolMember;
using tally::mem::PoolShape;

namespace {

constexpr std::uint32_t kNone = PoolMember::kNone;

Pool make_pool(std::size_t blocks, std::size_t members = 4, std::size_t block_bytes = 64) {
  return Pool::create({block_bytes, blocks, members}).value();
}

std::vector<std::uint32_t> drain(PoolMember& member) {
  std::vector<std::uint32_t> got;
  for (;;) {
    const std::uint32_t index = member.try_get();
    if (index == kNone) return got;
    got.push_back(index);
  }
}

bool is_each_once(std::vector<std::uint32_t> got, std::size_t capacity) {
  std::sort(got.begin(), got.end());
  for (std::size_t i = 0; i < got.size(); ++i)
    if (got[i] != i) return false;
  return got.size() == capacity;
}

// A shared pool in this process' own memory.
struct SharedPool {
  explicit SharedPool(const PoolShape& shape)
      : memory(Mapping::anonymous(Pool::bytes_for(shape).value()).value()),
        pool(Pool::create_in(memory.bytes(), shape).value()) {}
  Mapping memory;
  Pool pool;
};

bool everybody_is_dead(std::uint32_t /*name*/) {
  return true;
}

}  // namespace

TEST_SUITE_BEGIN("mem");

TEST_CASE("a shared pool of any size hands out each block once and then none") {
  for (const std::size_t blocks : {1U, 63U, 64U, 65U, 128U, 1000U, 10'000U}) {
    Pool pool = make_pool(blocks);
    CHECK(pool.capacity() == blocks);
    CHECK(pool.available() == blocks);
    PoolMember member = pool.join().value();
    CHECK(is_each_once(drain(member), blocks));
    CHECK(member.try_get() == kNone);
    CHECK(pool.available() == 0);
    for (std::uint32_t i = 0; i < blocks; ++i) member.put(i);
    CHECK(is_each_once(drain(member), blocks));
  }
}

TEST_CASE("the block put back last comes first") {
  Pool pool = make_pool(1000);
  PoolMember member = pool.join().value();
  const std::uint32_t first = member.try_get();
  const std::uint32_t second = member.try_get();
  member.put(first);
  CHECK(member.try_get() == first);
  member.put(second);
  CHECK(member.try_get() == second);
}

TEST_CASE("blocks of a shared pool are apart and as large as asked") {
  Pool pool = make_pool(200, 2, 100);
  PoolMember member = pool.join().value();
  std::vector<std::uintptr_t> starts;
  for (const std::uint32_t index : drain(member)) {
    CHECK(member.block(index).size() == 100);
    member.data(index)[99] = 1;
    starts.push_back(reinterpret_cast<std::uintptr_t>(member.data(index)));
  }
  std::sort(starts.begin(), starts.end());
  REQUIRE(starts.size() == 200);
  CHECK(starts.front() % 64 == 0);
  for (std::size_t i = 1; i < starts.size(); ++i) CHECK(starts[i] - starts[i - 1] == 128);
}

TEST_CASE("a member that ends leaves its free blocks to the others") {
  Pool pool = make_pool(300);
  PoolMember other = pool.join().value();
  std::uint32_t held = kNone;
  {
    PoolMember member = pool.join().value();
    held = member.try_get();
    CHECK(pool.available() < 299);
  }
  CHECK(pool.available() == 299);
  CHECK(drain(other).size() == 299);
  other.put(held);
  CHECK(other.try_get() == held);
}

TEST_CASE("members that come and go leave no more than one partial magazine each") {
  // Were each to leave one of its own, there would soon be no empty one for the next.
  const tally::test::TimeLimit limit;
  Pool pool = make_pool(500, 2);
  PoolMember getter = pool.join().value();
  std::vector<std::uint32_t> held;
  for (int turn = 0; turn < 40; ++turn) held.push_back(getter.try_get());
  for (const std::uint32_t index : held) {
    PoolMember member = pool.join().value();
    member.put(index);
  }
  CHECK(drain(getter).size() == 500);
}

TEST_CASE("members with many magazines in hand find empty ones when all others have theirs") {
  const tally::test::TimeLimit limit;
  Pool pool = make_pool(10'000);
  std::vector<PoolMember> members;
  for (int i = 0; i < 4; ++i) members.push_back(pool.join().value());
  REQUIRE(pool.most_kept() > 600);
  for (std::size_t turn = 0; turn < 8; ++turn) {
    PoolMember& getter = members[turn % 4];
    PoolMember& putter = members[(turn + 1) % 4];
    const auto got = drain(getter);
    CHECK(got.size() >= 10'000 - 3 * pool.most_kept());
    for (const std::uint32_t index : got) putter.put(index);
  }
  members.clear();
  CHECK(pool.available() == 10'000);
}

TEST_CASE("nobody adopts a free block by the ticket of nobody") {
  SharedPool shared({64, 100, 2});
  PoolMember member = shared.pool.join().value();
  CHECK_FALSE(member.try_adopt(99, 0));
  CHECK(drain(member).size() == 100);
}

TEST_CASE("a member finds room for blocks that others got") {
  Pool pool = make_pool(1000);
  PoolMember getter = pool.join().value();
  PoolMember putter = pool.join().value();
  for (int turn = 0; turn < 5; ++turn) {
    const auto got = drain(getter);
    // The putter keeps what it does not shelve.
    CHECK(got.size() >= 1000 - pool.most_kept());
    for (const std::uint32_t index : got) putter.put(index);
  }
}

TEST_CASE("a moved member goes on and the old handle does nothing") {
  Pool pool = make_pool(100);
  std::optional<PoolMember> first = pool.join().value();
  const std::uint32_t index = first->try_get();
  PoolMember second = std::move(*first);
  first.reset();
  second.put(index);
  CHECK(second.try_get() == index);
}

TEST_CASE("as many members may join as the pool was made for") {
  Pool pool = make_pool(10, 2);
  PoolMember first = pool.join().value();
  {
    PoolMember second = pool.join().value();
    const auto third = pool.join();
    REQUIRE_FALSE(third.has_value());
    CHECK(third.error().code == Code::unavailable);
    CHECK(second.ticket() != first.ticket());
  }
  CHECK(pool.join().has_value());
}

TEST_CASE("a ticket is not given twice") {
  Pool pool = make_pool(10, 1);
  std::set<std::uint32_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(pool.join().value().ticket());
  CHECK(seen.size() == 1000);
}

TEST_CASE("shapes that make no shared pool are refused") {
  CHECK(Pool::create({0, 1, 1}).error().code == Code::usage);
  CHECK(Pool::create({1, 0, 1}).error().code == Code::usage);
  CHECK(Pool::create({1, 1, 0}).error().code == Code::usage);
  CHECK(Pool::create({1, 1, kPoolMembersMost + 1}).error().code == Code::usage);
  CHECK(Pool::create({std::size_t{1} << 62U, 3, 1}).error().code == Code::usage);
  CHECK(Pool::create({1, kNone, 1}).error().code == Code::usage);
}

TEST_CASE("memory that is too small for a pool is refused") {
  const PoolShape shape{64, 100, 2};
  const Mapping memory = Mapping::anonymous(Pool::bytes_for(shape).value()).value();
  CHECK(Pool::create_in(memory.bytes().first(1000), shape).error().code == Code::usage);
  CHECK(Pool::create_in(memory.bytes().subspan(8), shape).error().code == Code::usage);
}

TEST_CASE("a second mapping of the memory is the same pool") {
  const PoolShape shape{256, 200, 4};
  const std::size_t bytes = Pool::bytes_for(shape).value();
  const tally::UniqueFd fd(::memfd_create("tally-test", MFD_CLOEXEC));
  REQUIRE(fd);
  REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(bytes)) == 0);
  const Mapping here = Mapping::of_file(fd.get(), bytes).value();
  const Mapping there = Mapping::of_file(fd.get(), bytes).value();
  Pool ours = Pool::create_in(here.bytes(), shape).value();
  Pool theirs = Pool::attach(there.bytes()).value();
  CHECK(theirs.capacity() == 200);
  CHECK(theirs.block_bytes() == 256);
  PoolMember sender = ours.join(1).value();
  PoolMember receiver = theirs.join(2).value();
  const std::uint32_t index = sender.try_get();
  sender.data(index)[5] = 99;
  REQUIRE(receiver.try_adopt(index, sender.ticket()));
  CHECK(receiver.data(index)[5] == 99);
  CHECK_FALSE(receiver.try_adopt(index, sender.ticket()));
  CHECK_FALSE(receiver.try_adopt(200, sender.ticket()));
  receiver.put(index);
  CHECK(receiver.try_get() == index);
}

TEST_CASE("a region that is no pool is refused with the field that is wrong") {
  const SharedPool shared({64, 100, 2});
  const auto message = [&](auto change) {
    const Mapping copy = Mapping::anonymous(shared.memory.size()).value();
    // The header alone: blocks may be poisoned.
    std::copy_n(shared.memory.data(), sizeof(PoolHeader), copy.data());
    change(*reinterpret_cast<PoolHeader*>(copy.data()));
    const auto refused = Pool::attach(copy.bytes());
    return refused ? std::string("none") : refused.error().message;
  };
  CHECK(message([](PoolHeader&) {}) == "none");
  CHECK(message([](PoolHeader& h) { h.magic ^= 1U; }) == "the pool's magic is not a pool's");
  CHECK(message([](PoolHeader& h) { h.version = 9; }) == "the pool's layout is version 9, not 3");
  CHECK(message([](PoolHeader& h) { h.ready = 0; }) == "the pool is still being made");
  CHECK(message([](PoolHeader& h) { h.members = 0; }).find("members") != std::string::npos);
  CHECK(message([](PoolHeader& h) { h.blocks = 0; }).find("at least one") != std::string::npos);
  CHECK(message([](PoolHeader& h) { h.block_bytes = ~0ULL; }).find("larger") != std::string::npos);
  CHECK(message([](PoolHeader& h) { h.blocks += 64; }).find("size is") != std::string::npos);
  CHECK(message([](PoolHeader& h) { h.total_bytes += 1; }).find("size is") != std::string::npos);
  CHECK(Pool::attach(shared.memory.bytes().first(8)).error().code == Code::bad_data);
}

TEST_CASE("blocks of a dead member come back and its name may be used again") {
  SharedPool shared({64, 500, 3});
  PoolMember alive = shared.pool.join(1).value();
  const std::uint32_t ours = alive.try_get();
  {
    // What a killed process leaves: a member that never ends.
    alignas(PoolMember) static std::array<std::byte, sizeof(PoolMember)> place;
    auto* const dead = new (place.data()) PoolMember(shared.pool.join(2).value());
    for (int i = 0; i < 100; ++i) CHECK(dead->try_get() != kNone);
    dead->put(dead->try_get());
  }
  CHECK(shared.pool.join(2).error().code == Code::unavailable);
  const auto is_dead = [](std::uint32_t name) { return name == 2; };
  const std::size_t recovered = shared.pool.recover(is_dead);
  CHECK(recovered >= 100);
  CHECK(shared.pool.recover(is_dead) == 0);
  PoolMember successor = shared.pool.join(2).value();
  auto rest = drain(successor);
  const auto mine = drain(alive);
  rest.insert(rest.end(), mine.begin(), mine.end());
  rest.push_back(ours);
  CHECK(is_each_once(rest, 500));
}

TEST_CASE("an adopted block outlives its sender and one that was not is recovered") {
  SharedPool shared({64, 100, 3});
  PoolMember receiver = shared.pool.join(1).value();
  alignas(PoolMember) static std::array<std::byte, sizeof(PoolMember)> place;
  auto* const sender = new (place.data()) PoolMember(shared.pool.join(2).value());
  const std::uint32_t adopted = sender->try_get();
  const std::uint32_t late = sender->try_get();
  CHECK(receiver.try_adopt(adopted, sender->ticket()));
  shared.pool.recover([](std::uint32_t name) { return name == 2; });
  CHECK_FALSE(receiver.try_adopt(late, sender->ticket()));
  auto rest = drain(receiver);
  CHECK(std::count(rest.begin(), rest.end(), late) == 1);
  rest.push_back(adopted);
  CHECK(is_each_once(rest, 100));
}

TEST_CASE("recovery of everybody leaves a whole pool") {
  SharedPool shared({64, 1000, 4});
  std::array<std::array<std::byte, sizeof(PoolMember)>, 4> places;
  for (std::uint32_t i = 0; i < 4; ++i) {
    auto* const member = new (places[i].data()) PoolMember(shared.pool.join(i).value());
    for (std::uint32_t k = 0; k <= 100 * i; ++k) (void)member->try_get();
  }
  shared.pool.recover(everybody_is_dead);
  CHECK(shared.pool.available() == 1000);
  PoolMember member = shared.pool.join(7).value();
  CHECK(is_each_once(drain(member), 1000));
}

TEST_CASE("a verify build ends at a block put back twice and at a write after the put") {
#ifdef TALLY_VERIFY
  tally::test::Child twice([] {
    ::close(STDERR_FILENO);
    Pool pool = make_pool(8);
    PoolMember member = pool.join().value();
    const std::uint32_t index = member.try_get();
    member.put(index);
    member.put(index);
    return 0;
  });
  CHECK(twice.reap() == -SIGABRT);
  tally::test::Child late([] {
    ::close(STDERR_FILENO);
    Pool pool = make_pool(8);
    PoolMember member = pool.join().value();
    const std::uint32_t index = member.try_get();
    volatile std::uint8_t* const byte = member.data(index) + 63;
    member.put(index);
    *byte = 1;  // the address sanitizer ends it here
    return static_cast<int>(member.try_get() - index);
  });
  CHECK(late.reap() == (tally::test::kAddressSanitizer ? 1 : -SIGABRT));
#else
  tally::test::skip("only a build with TALLY_VERIFY looks");
#endif
}

TEST_SUITE_END();
