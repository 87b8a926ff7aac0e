#include "ring/broadcast.hpp"

#include "ring/options.hpp"

namespace tally::ring {

BroadcastPlace load_place(const ReaderCursor& cursor) {
  // Acquire pairs with store_place(): the place that counts is whole. seq_cst: a producer that says
  // that it waits looks after that (queue::Gate).
  const std::uint64_t turn = cursor.turn.load(std::memory_order_seq_cst);
  const ReaderPlace& place = cursor.places[turn % 2];
  // Acquire: the reader may be writing a later place there, and is done with what is before it.
  return {place.position.load(std::memory_order_acquire),
          place.number.load(std::memory_order_relaxed), place.lost.load(std::memory_order_relaxed)};
}

void store_place(ReaderCursor& cursor, const BroadcastPlace& place, std::memory_order order) {
  const std::uint64_t turn = cursor.turn.load(std::memory_order_relaxed) + 1;
  ReaderPlace& next = cursor.places[turn % 2];
  // Release: the records before it were read, for a producer that finds it before its turn.
  next.position.store(place.position, std::memory_order_release);
  next.number.store(place.number, std::memory_order_relaxed);
  next.lost.store(place.lost, std::memory_order_relaxed);
  // At least release: the place is written before it counts.
  cursor.turn.store(turn, order);
}

BroadcastPlace oldest_place(const Header& header, const ByteArea& area) {
  for (;;) {
    // Acquire pairs with the producer's store of the head: the record there was published.
    const std::uint64_t head = header.head.load(std::memory_order_acquire);
    std::uint64_t at = granule_at(head);
    ByteLook look = look_at(area, at);
    if (look.is == ByteLook::Is::pad) {
      at = look.end;
      look = look_at(area, at);
    }
    BroadcastPlace place{granule_at(head), 0, 0};
    if (is_whole(look)) place.number = number_at(area, at);
    // Acquire, after the loads above: the same head says that they were of that record.
    if (header.head.load(std::memory_order_acquire) == head) return place;
  }
}

bool is_gated(const Header& header) {
  const Endpoint& producer = header.endpoints[kProducerEntry];
  const auto phase = static_cast<Phase>(producer.phase.load(std::memory_order_relaxed));
  const auto full = static_cast<Full>(producer.full_policy.load(std::memory_order_relaxed));
  return phase != Phase::never && (full == Full::block || full == Full::drop_new);
}

// A commit stores the stamp, the count and the tail, in this order: where the stamp is not there
// yet, the count that was read before is the one of that tail.
BroadcastPlace newest_place(const Header& header, const ByteArea& area) {
  // seq_cst: read after the reader said that it is there (ring/reader_gate.hpp).
  const std::uint64_t tail = granule_at(header.tail.load(std::memory_order_seq_cst));
  const EndpointStats& stats = header.endpoints[kProducerEntry].stats;
  // Acquire: the look comes after it.
  const std::uint64_t published = stats.records.load(std::memory_order_acquire);
  std::uint64_t at = tail;
  ByteLook look = look_at(area, at);
  if (look.is == ByteLook::Is::pad) {
    at = look.end;
    look = look_at(area, at);
  }
  return {tail, is_whole(look) ? number_at(area, at) : published, 0};
}

bool is_believable(const Header& header, const ByteArea& area, const BroadcastPlace& place,
                   const BroadcastPlace& oldest) {
  if (place.position % kByteGranule != 0) return false;
  if (!is_before(oldest.position, place.position)) return !is_before(oldest.number, place.number);
  // Acquire: what is before the tail was published. It may be behind the records of a producer that
  // was killed.
  const std::uint64_t tail = recover_tail(area, header.tail.load(std::memory_order_acquire));
  if (is_before(tail, place.position) || !is_before(oldest.number, place.number)) return false;
  return place.position == tail || look_at(area, place.position).is != ByteLook::Is::absent ||
         // Acquire: it was overtaken since, and then finds so by itself.
         is_before(place.position, header.head.load(std::memory_order_acquire));
}

std::uint64_t next_number(const ByteArea& area, std::uint64_t head, std::uint64_t tail) {
  std::uint64_t next = 0;
  for (std::uint64_t at = head; is_before(at, tail);) {
    const ByteLook look = look_at(area, at);
    if (look.is == ByteLook::Is::absent || look.is == ByteLook::Is::broken) break;
    if (is_whole(look)) next = number_at(area, at) + 1;
    at = look.end;
  }
  return next;
}

}  // namespace tally::ring
