#include "ring/byte_area.hpp"

namespace tally::ring {

std::uint64_t recover_tail(const ByteArea& area, std::uint64_t stored) {
  std::uint64_t tail = granule_at(stored);
  while (tail - stored < area.capacity) {
    const ByteLook look = look_at(area, tail);
    if (look.is == ByteLook::Is::absent || look.is == ByteLook::Is::broken) break;
    tail = look.end;
  }
  return tail;
}

bool has_unread(const ByteArea& area, std::uint64_t head) {
  head = granule_at(head);
  ByteLook look = look_at(area, head);
  if (look.is == ByteLook::Is::pad) look = look_at(area, look.end);
  // A broken record is for a consumer to find and to give the ring up for, not for an opener to
  // make anew over.
  return look.is != ByteLook::Is::absent;
}

}  // namespace tally::ring
