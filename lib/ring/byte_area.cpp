#include "ring/byte_area.hpp"

namespace tally::ring {

std::uint64_t recover_tail(const ByteArea& area, std::uint64_t stored) {
  std::uint64_t tail = stored & ~std::uint64_t{kByteGranule - 1};
  while (tail - stored < area.capacity) {
    const ByteLook look = look_at(area, tail);
    if (look.is == ByteLook::Is::absent || look.is == ByteLook::Is::broken) break;
    tail = look.end;
  }
  return tail;
}

bool has_unread(const ByteArea& area, std::uint64_t head) {
  head &= ~std::uint64_t{kByteGranule - 1};
  ByteLook look = look_at(area, head);
  if (look.is == ByteLook::Is::pad) look = look_at(area, look.end);
  return look.is == ByteLook::Is::record;
}

}  // namespace tally::ring
