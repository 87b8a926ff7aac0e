#include "ring/reader_gate.hpp"

#include "ring/broadcast.hpp"

namespace tally::ring {

namespace {

bool is_waited_for(const Endpoint& entry) {
  // seq_cst, both: as said at the head of reader_gate.hpp.
  const auto phase = static_cast<Phase>(entry.phase.load(std::memory_order_seq_cst));
  // Relaxed: a producer's own word, or its predecessor's.
  return phase == Phase::attached && entry.epoch.load(std::memory_order_seq_cst) !=
                                         entry.passed_epoch.load(std::memory_order_relaxed);
}

}  // namespace

std::uint64_t ReaderGate::slowest(const Region& region, std::uint64_t head, std::uint64_t tail) {
  // Before the look at each: where one came, the look finds all that came before it, of which the
  // first may have come behind a look of its own.
  if (!had_reader_ && !region.had_reader()) return head;
  had_reader_ = true;
  bool any = false;
  std::uint64_t least = tail;
  for (std::size_t index = 0; index < kMostReaders; ++index) {
    const Endpoint& entry = region.header().endpoints[kConsumerEntry + index];
    if (!is_waited_for(entry)) continue;
    any = true;
    const std::uint64_t position = load_place(entry.cursor).position;
    if (is_before(position, least)) least = position;
  }
  if (!any && region.place() == Place::handed) return head;
  return is_before(least, head) ? head : least;
}

std::size_t ReaderGate::pass_dead(const Region& region, std::uint64_t wanted) {
  if (region.place() == Place::handed) return 0;  // then the ring is over
  std::size_t passed = 0;
  for (std::size_t index = 0; index < kMostReaders; ++index) {
    const std::size_t at = kConsumerEntry + index;
    Endpoint& entry = region.header().endpoints[at];
    if (!is_waited_for(entry) || !is_before(load_place(entry.cursor).position, wanted)) {
      continue;
    }
    // Acquire: read before the kernel is asked. A successor that comes in between has another.
    const std::uint64_t epoch = entry.epoch.load(std::memory_order_acquire);
    if (!region.is_dead(at)) continue;
    // Before it is counted: killed in between, this side leaves it uncounted, never to be counted
    // twice.
    entry.passed_epoch.store(epoch, std::memory_order_relaxed);
    ++passed;
  }
  return passed;
}

}  // namespace tally::ring
