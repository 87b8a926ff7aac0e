// mem::Pool against the set of what is held: any order of gets, puts, joins, ends and deaths.
#include "mem/pool.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <map>
#include <memory>
#include <new>
#include <rapidcheck.h>
#include <vector>

using tally::mem::Mapping;
using tally::mem::Pool;
using tally::mem::PoolMember;
using tally::mem::PoolShape;

namespace {

// A member that can die: its memory is forgotten without its destructor.
class Mortal {
 public:
  explicit Mortal(PoolMember member) : member_(new (place_.data()) PoolMember(std::move(member))) {}
  Mortal(const Mortal&) = delete;
  Mortal& operator=(const Mortal&) = delete;
  ~Mortal() {
    if (!dead_) member_->~PoolMember();
  }
  void die() { dead_ = true; }
  PoolMember& member() { return *member_; }
  std::vector<std::uint32_t> held;

 private:
  alignas(PoolMember) std::array<std::byte, sizeof(PoolMember)> place_{};
  PoolMember* member_;
  bool dead_ = false;
};

constexpr std::uint32_t kMembers = 3;

class World {
 public:
  explicit World(std::size_t blocks)
      : shape_{64, blocks, kMembers},
        memory_(Mapping::anonymous(Pool::bytes_for(shape_).value()).value()),
        pool_(Pool::create_in(memory_.bytes(), shape_).value()),
        in_use_(blocks, false) {}

  void step(std::uint8_t action, std::uint8_t argument) {
    auto& member = members_[argument % kMembers];
    if (!member) {
      auto joined = pool_.join(argument % kMembers);
      RC_ASSERT(joined.has_value());
      member = std::make_unique<Mortal>(std::move(*joined));
    }
    switch (action % 16) {
      case 0:
        end(member);
        return;
      case 1:
        kill(member, argument % kMembers);
        return;
      case 2:
      case 3:
        hand_over(*member, argument);
        return;
      case 4:
      case 5:
      case 6:
      case 7:
        for (int i = 0; i < argument; ++i) put(*member);
        return;
      default:
        for (int i = 0; i < argument; ++i) get(*member);
    }
  }
  void check_whole() {
    for (auto& member : members_) {
      while (member && !member->held.empty()) put(*member);
      member.reset();
    }
    RC_ASSERT(pool_.available() == pool_.capacity());
  }

 private:
  void get(Mortal& member) {
    const std::uint32_t index = member.member().try_get();
    if (index == PoolMember::kNone) {
      // Nothing is left but what other members keep.
      RC_ASSERT(pool_.available() == 0);
      return;
    }
    RC_ASSERT(index < in_use_.size());
    RC_ASSERT(!in_use_[index]);
    in_use_[index] = true;
    member.held.push_back(index);
  }
  void put(Mortal& member) {
    if (member.held.empty()) return;
    const std::uint32_t index = member.held[turn_++ % member.held.size()];
    std::erase(member.held, index);
    in_use_[index] = false;
    member.member().put(index);
  }
  void hand_over(Mortal& from, std::uint8_t argument) {
    auto& to = members_[(argument + 1U) % kMembers];
    if (!to || from.held.empty()) return;
    const std::uint32_t index = from.held.back();
    RC_ASSERT(to->member().try_adopt(index, from.member().ticket()));
    from.held.pop_back();
    to->held.push_back(index);
  }
  void end(std::unique_ptr<Mortal>& member) {
    while (!member->held.empty()) put(*member);
    member.reset();
  }
  void kill(std::unique_ptr<Mortal>& member, std::uint32_t name) {
    for (const std::uint32_t index : member->held) in_use_[index] = false;
    const std::size_t held = member->held.size();
    member->die();
    member.reset();
    RC_ASSERT(pool_.recover([&](std::uint32_t asked) { return asked == name; }) >= held);
  }

  PoolShape shape_;
  Mapping memory_;
  Pool pool_;
  std::array<std::unique_ptr<Mortal>, kMembers> members_;
  std::vector<bool> in_use_;
  std::size_t turn_ = 0;
};

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("whatever members do and whoever dies no block is held twice and none is lost") {
  CHECK(rc::check(
      [](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps, std::uint16_t room) {
        World world(1U + room % 4000U);
        for (const auto& [action, argument] : steps) world.step(action, argument);
        world.check_whole();
      }));
}

TEST_SUITE_END();
