#include "ring/consumer.hpp"

#include <algorithm>
#include <cstring>

#include "ring/counters.hpp"

namespace tally::ring {
namespace {

// The producer's line is foreign: the depth is sampled once in this many records.
constexpr std::uint64_t kDepthSample = 64;

}  // namespace

Result<Consumer> Consumer::open(const std::string& name, const Options& options) {
  TALLY_TRY(Region region, Region::open(name, options, Role::consumer));
  return Consumer(std::move(region), options);
}

Consumer::Consumer(Region region, const Options& options)
    : region_(std::move(region)), slots_(region_.slots()), wait_(queue::resolve(options.wait)) {
  std::atomic<std::uint64_t>& stored = region_.header().head;
  head_ = recover_head(slots_, stored.load(std::memory_order_relaxed));
  // Release: as in release(), for what a killed predecessor freed without storing the cursor.
  stored.store(head_, std::memory_order_release);
}

bool Consumer::is_readable(std::uint64_t position) const {
  SlotHeader& slot = slots_.at(position);
  // Acquire pairs with the stamp of Producer::publish(): the record is whole.
  if (slot.stamp.load(std::memory_order_acquire) != position + 1) return false;
  if (slot.meta.length <= slots_.payload_bytes) [[likely]]
    return true;
  region_.poison(PoisonReason::bad_length);
  return false;
}

bool Consumer::try_pop(RecordMeta& meta, MutableByteView into) {
  if (!is_readable(head_)) return false;
  const Record next = record(0);
  meta = next.meta;
  const std::size_t length = std::min(next.payload.size(), into.size());
  if (length > 0) std::memcpy(into.data(), next.payload.data(), length);
  peeked_ = 1;
  release(1);
  return true;
}

std::size_t Consumer::peek(std::size_t wanted) {
  wanted = std::min<std::size_t>(wanted, slots_.capacity);
  peeked_ = 0;
  while (peeked_ < wanted && is_readable(head_ + peeked_)) ++peeked_;
  return peeked_;
}

Consumer::Record Consumer::record(std::size_t index) const {
  SlotHeader& slot = slots_.at(head_ + index);
  Record record{slot.meta, {}};
  // Clamped again: the copy just taken need not be the one that was checked.
  record.meta.length = std::min(record.meta.length, slots_.payload_bytes);
  record.payload = {slots_.payload(slot), record.meta.length};
  return record;
}

void Consumer::release(std::size_t count) {
  count = std::min(count, peeked_);
  peeked_ = 0;
  if (count == 0) return;
  if (head_ / kDepthSample != (head_ + count) / kDepthSample) note_depth();
  EndpointStats& stats = region_.own().stats;
  std::uint64_t bytes = 0;
  std::uint64_t last_ns = 0;
  for (std::size_t i = 0; i < count; ++i) {
    SlotHeader& slot = slots_.at(head_ + i);
    bytes += std::min(slot.meta.length, slots_.payload_bytes);
    last_ns = slot.meta.time_ns;
    // Release: the reads of the record are over before its slot is free.
    slot.stamp.store(head_ + i + slots_.capacity, std::memory_order_release);
  }
  head_ += count;
  Header& header = region_.header();
  if (region_.other().may_sleep.load(std::memory_order_relaxed) != 0) {
    // seq_cst: stored before the look for a sleeper (queue::Gate).
    header.head.store(head_, std::memory_order_seq_cst);
    if (header.writers.wake_if_waiting(queue::FutexScope::host)) add(stats.wakes, 1);
  } else {
    // Release: who sees the cursor finds the stamps.
    header.head.store(head_, std::memory_order_release);
  }
  add(stats.records, count);
  add(stats.bytes, bytes);
  add(stats.batches, 1);
  stats.last_record_ns.store(last_ns, std::memory_order_relaxed);
}

PopResult Consumer::pop_wait(RecordMeta& meta, MutableByteView into, std::uint64_t deadline_ns) {
  if (try_pop(meta, into)) return PopResult::ok;
  const PopResult waited = wait_readable(deadline_ns);
  if (waited == PopResult::ok && !try_pop(meta, into)) return PopResult::poisoned;
  return waited;
}

PopResult Consumer::wait_readable(std::uint64_t deadline_ns) {
  if (is_readable(head_)) return PopResult::ok;
  add(region_.own().stats.stalls, 1);
  queue::WaitLoop loop(wait_.policy, deadline_ns, wait_.spin_ns);
  for (;;) {
    const auto step = loop.next();
    if (step == queue::WaitLoop::Step::sleep) {
      Header& header = region_.header();
      const auto still_empty = [&] {
        // seq_cst: read after this side said that it waits (queue::Gate).
        return header.tail.load(std::memory_order_seq_cst) == head_;
      };
      if (header.readers.sleep(still_empty, loop.wake_at_ns(), queue::FutexScope::host)) {
        add(region_.own().stats.sleeps, 1);
      }
    }
    if (is_readable(head_)) return PopResult::ok;
    if (step == queue::WaitLoop::Step::again) continue;
    if (const PopResult over = why_over(); over != PopResult::ok) {
      // What the producer committed before it went is taken first.
      return over != PopResult::poisoned && is_readable(head_) ? PopResult::ok : over;
    }
    if (step == queue::WaitLoop::Step::expired) return PopResult::timeout;
  }
}

PopResult Consumer::why_over() const {
  if (region_.poisoned()) return PopResult::poisoned;
  switch (region_.peer()) {
    case Peer::closed:
      return PopResult::closed;
    case Peer::dead:
      return PopResult::peer_dead;
    case Peer::absent:
    case Peer::alive:
      break;
  }
  return PopResult::ok;
}

void Consumer::note_depth() {
  std::atomic<std::uint64_t>& most = region_.own().stats.max_depth;
  const std::uint64_t now = std::min(depth(), slots_.capacity);
  if (now > most.load(std::memory_order_relaxed)) most.store(now, std::memory_order_relaxed);
}

std::uint64_t Consumer::depth() const {
  return region_.header().tail.load(std::memory_order_relaxed) - head_;
}

std::uint64_t Consumer::dropped_by_producer() const {
  return region_.other().stats.dropped_new.load(std::memory_order_relaxed);
}

}  // namespace tally::ring
