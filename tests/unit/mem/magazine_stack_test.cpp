#include "mem/magazine_stack.hpp"

#include <array>
#include <doctest/doctest.h>
#include <utility>
#include <vector>

using tally::mem::kMostMagazines;
using tally::mem::Magazine;
using tally::mem::magazines_for;
using tally::mem::MagazineStack;

namespace {

constexpr std::uint32_t kInHand = 7;  // magazines, so that a third is two

struct Hand {
  explicit Hand() {
    for (Magazine& magazine : magazines) stack.add(&magazine);
  }
  std::array<Magazine, kInHand> magazines{};
  MagazineStack stack;
};

void push_until_full(MagazineStack& stack) {
  for (std::uint32_t next = 0; !stack.is_full(); ++next) stack.push(next);
}

}  // namespace

TEST_SUITE_BEGIN("mem");

TEST_CASE("magazines end to end are one stack of blocks") {
  Hand hand;
  CHECK(hand.stack.is_empty());
  push_until_full(hand.stack);
  CHECK(hand.stack.count() == kInHand * Magazine::kBlocks);
  CHECK(hand.stack[Magazine::kBlocks] == Magazine::kBlocks);
  for (std::uint32_t left = hand.stack.count(); left > 0; --left)
    CHECK(hand.stack.pop() == left - 1);
  CHECK(hand.stack.is_empty());
}

TEST_CASE("an empty hand takes a third of full magazines or as many as there are") {
  Hand hand;
  std::array<Magazine, 2> full{};
  for (std::uint32_t i = 0; i < Magazine::kBlocks; ++i) full[1].index[i] = 100 + i;
  std::vector<Magazine*> given;
  hand.stack.fill_third([&](Magazine* empty) {
    given.push_back(empty);
    return &full[given.size() - 1];
  });
  CHECK(given == std::vector<Magazine*>{&hand.magazines[0], &hand.magazines[1]});
  CHECK(hand.stack.count() == 2 * Magazine::kBlocks);
  CHECK(hand.stack.pop() == 100 + Magazine::kBlocks - 1);

  Hand other;
  bool is_first = true;
  other.stack.fill_third(
      [&](Magazine*) { return std::exchange(is_first, false) ? &full[0] : nullptr; });
  CHECK(other.stack.count() == Magazine::kBlocks);
  CHECK(other.stack.lowest() == &full[0]);
}

TEST_CASE("a full hand gives the third that it has had for longest") {
  Hand hand;
  push_until_full(hand.stack);
  std::array<Magazine, 2> empty{};
  std::vector<Magazine*> given;
  hand.stack.empty_third([&](Magazine* full) {
    given.push_back(full);
    return &empty[given.size() - 1];
  });
  CHECK(given == std::vector<Magazine*>{&hand.magazines[0], &hand.magazines[1]});
  CHECK(hand.stack.count() == (kInHand - 2) * Magazine::kBlocks);
  // What was put last is still handed out first, and there is room above.
  CHECK(hand.stack[hand.stack.count() - 1] == kInHand * Magazine::kBlocks - 1);
  hand.stack.push(12'345);
  CHECK(empty[0].index[0] == 12'345);
}

TEST_CASE("each magazine of a hand tells how many blocks it has") {
  Hand hand;
  for (std::uint32_t i = 0; i < Magazine::kBlocks + 5; ++i) hand.stack.push(i);
  std::vector<std::uint32_t> counts;
  hand.stack.for_each([&](Magazine* magazine, std::uint32_t count) {
    CHECK(magazine == &hand.magazines[counts.size()]);
    counts.push_back(count);
  });
  CHECK(counts == std::vector<std::uint32_t>{Magazine::kBlocks, 5, 0, 0, 0, 0, 0});
}

TEST_CASE("members of small pools have two magazines and those of large ones up to twelve") {
  CHECK(magazines_for(1, 1) == 2);
  CHECK(magazines_for(4096, 16) == 3);
  CHECK(magazines_for(4096, 2) == 10);
  CHECK(magazines_for(std::size_t{1} << 30U, 1) == kMostMagazines);
}

TEST_SUITE_END();
