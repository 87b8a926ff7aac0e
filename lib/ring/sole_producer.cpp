#include "ring/sole_producer.hpp"

#include <utility>

#include "ring/waiting.hpp"

namespace tally::ring {

SoleProducer::SoleProducer(Region region, const Options& options)
    : region_(std::move(region)),
      header_(&region_.header()),
      stats_(&region_.own().stats),
      capacity_(region_.geometry().capacity),
      peer_may_sleep_(&region_.other().may_sleep),
      full_(full_of(options)),
      wait_(queue::resolve(options.wait)) {}

void SoleProducer::begin_at(std::uint64_t tail) {
  tail_ = tail;
  look_at_head();
  // Release: as in publish_tail(), for what a killed predecessor committed without storing the
  // cursor.
  header_->tail.store(tail, std::memory_order_release);
}

void SoleProducer::wake_reader() {
  // seq_cst: stored before the look for a sleeper (queue::Gate).
  header_->tail.store(tail_, std::memory_order_seq_cst);
  if (header_->readers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

PushResult SoleProducer::wait_writable(std::uint64_t deadline_ns) {
  const auto has_room = [this] {
    look_at_head();
    return known_room() > 0;
  };
  const auto still_full = [this] {
    // seq_cst: read after this side said that it waits (queue::Gate).
    return tail_ - header_->head.load(std::memory_order_seq_cst) >= capacity_;
  };
  return wait_for_room(region_, wait_, deadline_ns, has_room, still_full,
                       [this] { return is_head_wrong(); });
}

std::uint64_t SoleProducer::depth() const {
  return tail_ - header_->head.load(std::memory_order_relaxed);
}

}  // namespace tally::ring
