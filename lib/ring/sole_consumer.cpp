#include "ring/sole_consumer.hpp"

#include <algorithm>
#include <utility>

namespace tally::ring {

SoleConsumer::SoleConsumer(Region region, const Options& options)
    : region_(std::move(region)),
      header_(&region_.header()),
      stats_(&region_.own().stats),
      head_(header_->head.load(std::memory_order_relaxed)),  // this side's own
      wait_(queue::resolve(options.wait)),
      peer_may_sleep_(&region_.other().may_sleep) {}

void SoleConsumer::wake_writer() {
  // seq_cst: stored before the look for a sleeper (queue::Gate). It releases the slots as well.
  header_->head.store(head_, std::memory_order_seq_cst);
  if (header_->writers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

void SoleConsumer::note_depth() {
  std::atomic<std::uint64_t>& most = stats_->max_depth;
  const std::uint64_t now = std::min(stored_tail() - head_, capacity());
  if (now > most.load(std::memory_order_relaxed)) most.store(now, std::memory_order_relaxed);
}

}  // namespace tally::ring
