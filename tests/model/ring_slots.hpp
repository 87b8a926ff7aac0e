// A ring of two slots as the models under Relacy have it: positions that wrap, and of each slot the
// stamp and a plain variable, whose use by two at once is a data race. Include it last, as
// relacy_atomics.hpp.
#pragma once

#include <array>
#include <cstdint>

#include "relacy_atomics.hpp"

namespace tally::test {

using Position = std::uint64_t;
using Word = rl::atomic<Position>;

inline constexpr Position kSlots = 2;
inline constexpr Position kBegin = Position{0} - 3;
inline constexpr Position kItems = 4;
inline constexpr Position kEnd = kBegin + kItems;

struct Slot {
  Word stamp;
  rl::var<Position> cell;
};
// What ring/freeing.hpp asks of slots.
struct Slots {
  std::array<Slot, kSlots>* memory = nullptr;
  Position capacity = kSlots;

  [[nodiscard]] Slot& at(Position position) const { return (*memory)[position % kSlots]; }
  [[nodiscard]] Position done(Position position) const { return position + kSlots; }
};

}  // namespace tally::test
