#include "ring/producer.hpp"

#include <algorithm>
#include <cstring>

#include "core/clock.hpp"
#include "ring/counters.hpp"

namespace tally::ring {

Result<Producer> Producer::open(const std::string& name, const Options& options) {
  TALLY_TRY(Region region, Region::open(name, options, Role::producer));
  return Producer(std::move(region), options);
}

Producer::Producer(Region region, const Options& options)
    : region_(std::move(region)),
      slots_(region_.slots()),
      full_(options.full),
      wait_(queue::resolve(options.wait)) {
  std::atomic<std::uint64_t>& stored = region_.header().tail;
  tail_ = recover_tail(slots_, stored.load(std::memory_order_relaxed));
  // Release: as in publish(), for what a killed predecessor committed without storing the cursor.
  stored.store(tail_, std::memory_order_release);
}

bool Producer::try_push(const RecordMeta& meta, ByteView payload) {
  if (payload.size() > slots_.payload_bytes) return false;
  SlotHeader& slot = slots_.at(tail_);
  // Acquire pairs with the stamp of Consumer::release(): its reads of the old record are over.
  if (slot.stamp.load(std::memory_order_acquire) != tail_) {
    add(region_.own().stats.stalls, 1);
    return false;
  }
  const std::uint64_t time_ns = meta.time_ns != 0 ? meta.time_ns : core::monotonic_ns();
  slot.meta = {meta.sequence, time_ns, meta.flags, meta.source,
               static_cast<std::uint32_t>(payload.size())};
  if (!payload.empty()) std::memcpy(slots_.payload(slot), payload.data(), payload.size());
  publish(1, payload.size(), time_ns);
  return true;
}

std::size_t Producer::claim(std::size_t wanted) {
  wanted = std::min<std::size_t>(wanted, slots_.capacity);
  claimed_ = 0;
  // Acquire as in try_push().
  while (claimed_ < wanted &&
         slots_.at(tail_ + claimed_).stamp.load(std::memory_order_acquire) == tail_ + claimed_) {
    ++claimed_;
  }
  if (claimed_ == 0 && wanted > 0) add(region_.own().stats.stalls, 1);
  return claimed_;
}

Producer::Slot Producer::slot(std::size_t index) const {
  SlotHeader& slot = slots_.at(tail_ + index);
  return {slot.meta, {slots_.payload(slot), slots_.payload_bytes}};
}

void Producer::commit(std::size_t count) {
  count = std::min(count, claimed_);
  claimed_ = 0;
  if (count == 0) return;
  std::uint64_t now_ns = 0;
  std::uint64_t bytes = 0;
  std::uint64_t last_ns = 0;
  for (std::size_t i = 0; i < count; ++i) {
    RecordMeta& meta = slots_.at(tail_ + i).meta;
    if (meta.time_ns == 0) {
      if (now_ns == 0) now_ns = core::monotonic_ns();
      meta.time_ns = now_ns;
    }
    last_ns = meta.time_ns;
    bytes += meta.length;
  }
  publish(count, bytes, last_ns);
}

void Producer::publish(std::size_t count, std::uint64_t bytes, std::uint64_t time_ns) {
  for (std::size_t i = 0; i < count; ++i) {
    // Release: the record is written before its stamp says so. In order, so that a kill in between
    // leaves a prefix.
    slots_.at(tail_ + i).stamp.store(tail_ + i + 1, std::memory_order_release);
  }
  tail_ += count;
  EndpointStats& stats = region_.own().stats;
  Header& header = region_.header();
  if (region_.other().may_sleep.load(std::memory_order_relaxed) != 0) {
    // seq_cst: stored before the look for a sleeper (queue::Gate).
    header.tail.store(tail_, std::memory_order_seq_cst);
    if (header.readers.wake_if_waiting(queue::FutexScope::host)) add(stats.wakes, 1);
  } else {
    // Release: an inspector or a sleeper to be that sees the cursor finds the stamps.
    header.tail.store(tail_, std::memory_order_release);
  }
  add(stats.records, count);
  add(stats.bytes, bytes);
  add(stats.batches, 1);
  stats.last_record_ns.store(time_ns, std::memory_order_relaxed);
}

PushResult Producer::push(const RecordMeta& meta, ByteView payload, std::uint64_t deadline_ns) {
  if (payload.size() > slots_.payload_bytes) return PushResult::too_large;
  if (try_push(meta, payload)) return PushResult::ok;
  if (full_ == Full::drop_new) {
    count_dropped(1);
    return region_.poisoned() ? PushResult::poisoned : PushResult::dropped;
  }
  const PushResult waited = wait_writable(deadline_ns);
  if (waited != PushResult::ok) return waited;
  return try_push(meta, payload) ? PushResult::ok : PushResult::timeout;
}

PushResult Producer::wait_writable(std::uint64_t deadline_ns) {
  const auto writable = [this] {
    // Acquire as in try_push().
    return slots_.at(tail_).stamp.load(std::memory_order_acquire) == tail_;
  };
  queue::WaitLoop loop(wait_.policy, deadline_ns, wait_.spin_ns);
  while (!writable()) {
    const auto step = loop.next();
    if (step == queue::WaitLoop::Step::again) continue;
    if (step == queue::WaitLoop::Step::sleep) {
      Header& header = region_.header();
      const auto still_full = [&] {
        // seq_cst: read after this side said that it waits (queue::Gate).
        return tail_ - header.head.load(std::memory_order_seq_cst) >= slots_.capacity;
      };
      if (header.writers.sleep(still_full, loop.wake_at_ns(), queue::FutexScope::host)) {
        add(region_.own().stats.sleeps, 1);
      }
    }
    if (writable()) break;
    if (const PushResult over = why_over(); over != PushResult::ok) {
      return writable() ? PushResult::ok : over;
    }
    if (step == queue::WaitLoop::Step::expired) return PushResult::timeout;
  }
  return PushResult::ok;
}

PushResult Producer::why_over() const {
  if (region_.poisoned()) return PushResult::poisoned;
  switch (region_.peer()) {
    case Peer::closed:
      return PushResult::closed;
    case Peer::dead:
      return PushResult::peer_dead;
    case Peer::absent:
    case Peer::alive:
      break;
  }
  return PushResult::ok;
}

void Producer::count_dropped(std::uint64_t records) {
  add(region_.own().stats.dropped_new, records);
}

std::uint64_t Producer::depth() const {
  return tail_ - region_.header().head.load(std::memory_order_relaxed);
}

}  // namespace tally::ring
