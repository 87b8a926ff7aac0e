// How a push, a pop or a wait can end, whatever the kind of ring.
#pragma once

#include <cstdint>

namespace tally::ring {

enum class Waited : std::uint8_t {
  ok,
  timeout,    // nothing came until the deadline
  closed,     // the other side has left in an orderly way
  peer_dead,  // it was killed; a successor may come
  poisoned,   // the ring was given up
};

enum class PushResult : std::uint8_t {
  ok,
  full,       // no room, and nobody waited for it
  dropped,    // full=drop-new and the ring is full: counted, not stored
  timeout,    // still full at the deadline
  closed,     // full, and the consumer has left in an orderly way
  peer_dead,  // full, and the consumer was killed; a successor may still come
  too_large,  // the payload is larger than payload_bytes()
  poisoned,   // the ring was given up: poisoned or removed by force
};

enum class PopResult : std::uint8_t {
  ok,
  timeout,    // still empty at the deadline
  closed,     // the producer has left in an orderly way, and everything it committed was taken
  peer_dead,  // the producer was killed, and everything it committed was taken; a successor may
              // come
  poisoned,   // the ring was given up: a record was out of bounds, or it was removed by force
};

[[nodiscard]] PushResult push_result(Waited waited);
[[nodiscard]] PopResult pop_result(Waited waited);

}  // namespace tally::ring
