// mem::Pool in shared memory, a member killed at every instruction: nobody's block is recovered
// from under them, and after recovery every block is there once.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "core/fd.hpp"
#include "mem/pool.hpp"
#include "support/single_step.hpp"

using tally::mem::Mapping;
using tally::mem::Pool;
using tally::mem::PoolMember;
using tally::mem::PoolShape;

namespace {

constexpr std::uint32_t kAlive = 1;
constexpr std::uint32_t kVictim = 2;
constexpr std::uint32_t kHeir = 3;

constexpr std::uint32_t kNone = PoolMember::kNone;

class World {
 public:
  explicit World(const PoolShape& shape = {64, 300, 4})
      : shape_(shape),
        bytes_(Pool::bytes_for(shape_).value()),
        fd_(::memfd_create("tally-test", MFD_CLOEXEC)),
        memory_(map()),
        copy_(Mapping::anonymous(bytes_).value()),
        pool_(Pool::create_in(memory_.bytes(), shape_).value()),
        alive_(pool_.join(kAlive).value()) {
    for (int i = 0; i < 30; ++i) held_.push_back(alive_.try_get());
  }

  // In the child: the same memory, by way of the parent's mapping.
  [[nodiscard]] Pool attach() const { return Pool::attach(memory_.bytes()).value(); }
  [[nodiscard]] PoolMember& alive() { return alive_; }
  // A block that the living member no longer answers for, perhaps.
  [[nodiscard]] std::uint32_t give() {
    const std::uint32_t index = held_.back();
    held_.pop_back();
    return index;
  }

  // The living member answers for this block from now on.
  void adopt(std::uint32_t index, std::uint32_t from) {
    REQUIRE(alive_.try_adopt(index, from));
    held_.push_back(index);
  }

  // Whether a kill at this moment does no harm.
  [[nodiscard]] bool examine() const {
    std::copy_n(memory_.data(), bytes_, copy_.data());
    Pool pool = Pool::attach(copy_.bytes()).value();
    pool.recover([](std::uint32_t name) { return name == kVictim; });
    auto joined = pool.join(kHeir);
    if (!joined) return false;
    std::vector<bool> seen(shape_.blocks, false);
    for (std::uint32_t index = joined->try_get(); index != kNone; index = joined->try_get()) {
      if (seen[index]) return false;
      seen[index] = true;
    }
    for (const std::uint32_t index : held_)
      if (seen[index]) return false;
    // The rest is the living member's, and comes back with it: all is there, and each block once.
    pool.recover([](std::uint32_t name) { return name == kAlive; });
    for (std::uint32_t index = joined->try_get(); index != kNone; index = joined->try_get()) {
      if (seen[index]) return false;
      seen[index] = true;
    }
    return std::count(seen.begin(), seen.end(), false) == 0;
  }

 private:
  [[nodiscard]] Mapping map() const {
    REQUIRE(::ftruncate(fd_.get(), static_cast<off_t>(bytes_)) == 0);
    return Mapping::of_file(fd_.get(), bytes_).value();
  }

  PoolShape shape_;
  std::size_t bytes_;
  tally::UniqueFd fd_;
  Mapping memory_;
  Mapping copy_;
  Pool pool_;
  PoolMember alive_;
  std::vector<std::uint32_t> held_;
};

// Steps through `body` and checks that this was about as much as it should be.
template <typename Body>
void survives(World& world, Body body) {
  tally::test::skip_stepping_under_sanitizers();
  const std::size_t steps = tally::test::step_through(body, [&] { return world.examine(); });
  CHECK(steps > 50);
}

}  // namespace

TEST_SUITE_BEGIN("crash");

TEST_CASE("a member killed while it joins and gets and puts and leaves") {
  World world;
  Pool pool = world.attach();
  survives(world, [&] {
    PoolMember member = pool.join(kVictim).value();
    const std::uint32_t first = member.try_get();
    const std::uint32_t second = member.try_get();
    member.put(first);
    member.put(second);
  });
}

TEST_CASE("a member killed while it exchanges magazines") {
  World world;
  Pool pool = world.attach();
  survives(world, [&] {
    PoolMember member = pool.join(kVictim).value();
    std::array<std::uint32_t, 140> held{};
    for (auto& index : held) index = member.try_get();
    for (const std::uint32_t index : held) member.put(index);
  });
}

TEST_CASE("a member killed while it exchanges several magazines at once") {
  // Five in hand, of which two go and come together.
  World world({64, 1600, 2});
  Pool pool = world.attach();
  REQUIRE(pool.most_kept() == 320);
  survives(world, [&] {
    PoolMember member = pool.join(kVictim).value();
    std::array<std::uint32_t, 330> held{};
    for (auto& index : held) index = member.try_get();
    for (const std::uint32_t index : held) member.put(index);
  });
}

TEST_CASE("a member killed while it adopts a block") {
  World world;
  Pool pool = world.attach();
  PoolMember member = pool.join(kVictim).value();
  const std::uint32_t index = world.give();
  survives(world, [&] {
    if (member.try_adopt(index, world.alive().ticket())) member.put(index);
  });
}

TEST_CASE("a member killed while it takes of a partial magazine what it has room for") {
  World world;
  Pool pool = world.attach();
  std::array<std::uint32_t, 25> given{};
  for (auto& index : given) index = world.give();
  // 89 in hand of the 128 that it has room for, and 44 that nobody has in hand.
  survives(world, [&] {
    PoolMember member = pool.join(kVictim).value();
    member.put(member.try_get());
    for (const std::uint32_t index : given)
      if (member.try_adopt(index, world.alive().ticket())) member.put(index);
  });
}

TEST_CASE("a member killed after another has adopted a block of its magazine") {
  World world;
  Pool pool = world.attach();
  alignas(PoolMember) static std::array<std::byte, sizeof(PoolMember)> place;
  auto* const victim = new (place.data()) PoolMember(pool.join(kVictim).value());
  // Where its index lay in the victim's magazine it lies still.
  world.adopt(victim->try_get(), victim->ticket());
  survives(world, [&] {
    std::array<std::uint32_t, 100> held{};
    for (auto& index : held) index = victim->try_get();
    for (const std::uint32_t index : held) victim->put(index);
    victim->~PoolMember();
  });
}

TEST_CASE("a recovery that is killed is ended by the next one") {
  World world;
  Pool pool = world.attach();
  // The child of a child would be the natural victim; one that never ends does as well.
  alignas(PoolMember) static std::array<std::byte, sizeof(PoolMember)> place;
  auto* const victim = new (place.data()) PoolMember(pool.join(kVictim).value());
  for (int i = 0; i < 90; ++i) REQUIRE(victim->try_get() != kNone);
  survives(world, [&] { pool.recover([](std::uint32_t name) { return name == kVictim; }); });
}

TEST_SUITE_END();
