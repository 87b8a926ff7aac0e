#include "ring/mpsc_producer.hpp"

#include <algorithm>

#include "core/clock.hpp"
#include "ring/copy.hpp"
#include "ring/counters.hpp"
#include "ring/waiting.hpp"

namespace tally::ring {
Result<MpscProducer> MpscProducer::open(const std::string& name, Options options) {
  if (options.form != SlotForm::traded) options.form = SlotForm::claimed;
  TALLY_TRY(Region region, Region::open(name, options, Role::producer));
  return MpscProducer(std::move(region), options);
}

MpscProducer::MpscProducer(Region region, const Options& options)
    : region_(std::move(region)),
      slots_(region_.slots()),
      header_(&region_.header()),
      own_(&region_.own()),
      peer_may_sleep_(&region_.other().may_sleep),
      // Acquire pairs with Consumer::release() or free_done(): the reads are over.
      head_seen_(header_->head.load(std::memory_order_acquire)),
      claim_(header_->tail, own_->intent),
      full_(full_of(options)),
      wait_(queue::resolve(options.wait)) {}

MpscProducer& MpscProducer::operator=(MpscProducer&& other) noexcept {
  if (this == &other) return *this;
  close();
  region_ = std::move(other.region_);
  slots_ = other.slots_;
  header_ = other.header_;
  own_ = other.own_;
  peer_may_sleep_ = other.peer_may_sleep_;
  head_seen_ = other.head_seen_;
  claim_ = other.claim_;
  full_ = other.full_;
  wait_ = other.wait_;
  return *this;
}

void MpscProducer::close() {
  if (!region_.is_open()) return;
  if (region_.is_own()) commit(0);
  region_.leave();
}

// Free slots from `tail` on. A head that was seen is never ahead of the true one, so what it leaves
// is there; a tail that others have moved on from leaves none, or too many, and the exchange on it
// fails.
std::uint64_t MpscProducer::room_behind(std::uint64_t tail, std::uint64_t wanted) {
  const auto room = [&] {
    const std::uint64_t used = tail - head_seen_;
    return used <= slots_.capacity ? slots_.capacity - used : 0;
  };
  // Acquire pairs with Consumer::release() or free_done(): the reads are over.
  if (room() < wanted) head_seen_ = header_->head.load(std::memory_order_acquire);
  return room();
}

std::size_t MpscProducer::claim(std::size_t wanted) {
  const std::uint64_t claimed = claim_.take(
      wanted, [this](std::uint64_t tail, std::uint64_t most) { return room_behind(tail, most); });
  if (claimed == 0) [[unlikely]] {
    if (wanted != 0) bump(own_->stats.stalls, 1);
  }
  return claimed;
}

// Stores the stamp of a position that this end claimed, the last that it does there.
void MpscProducer::publish(std::uint64_t position, std::uint64_t stamp) {
  // seq_cst where the consumer may sleep: stored before the look for a sleeper (queue::Gate), who
  // waits for the stamp of one position. Release otherwise: the record is written before.
  if (peer_may_sleep_->load(std::memory_order_relaxed) != 0) {
    slots_.at(position).stamp.store(stamp, std::memory_order_seq_cst);
  } else {
    slots_.at(position).stamp.store(stamp, std::memory_order_release);
  }
}

void MpscProducer::commit(std::size_t count) {
  const ClaimedRun run = claim_.run();
  if (run.count == 0) return;
  count = std::min<std::size_t>(count, run.count);
  std::uint64_t now_ns = 0;
  std::uint64_t bytes = 0;
  for (std::uint64_t i = 0; i < run.count; ++i) {
    const std::uint64_t position = run.position + i;
    if (i >= count) {
      publish(position, slots_.done(position));
      continue;
    }
    // The slot is the consumer's once it has its stamp, so that everything is read before.
    RecordMeta& meta = slots_.at(position).meta;
    if (meta.time_ns == 0) {
      if (now_ns == 0) now_ns = core::monotonic_ns();
      meta.time_ns = now_ns;
    }
    bytes += meta.length;
    own_->stats.last_record_ns.store(meta.time_ns, std::memory_order_relaxed);
    publish(position, position + 1);  // in order, so that a kill in between leaves a prefix
  }
  claim_.end();
  bump(own_->stats.records, count);
  if (count < run.count) bump(own_->stats.tombstones, run.count - count);
  count_batch(own_->stats, count, bytes);
  if (peer_may_sleep_->load(std::memory_order_relaxed) != 0 &&
      header_->readers.wake_if_waiting(queue::FutexScope::host)) {
    bump(own_->stats.wakes, 1);
  }
}

bool MpscProducer::try_push(const RecordMeta& meta, ByteView payload) {
  if (payload.size() > slots_.payload_bytes || claim(1) == 0) return false;
  const Slot to = slot(0);
  to.meta.sequence = meta.sequence;
  to.meta.time_ns = meta.time_ns;
  ShortFields(meta.flags, meta.source, static_cast<std::uint32_t>(payload.size())).store(to.meta);
  copy_payload(to.payload.data(), payload.data(), payload.size());
  commit(1);
  return true;
}

PushResult MpscProducer::push(const RecordMeta& meta, ByteView payload, std::uint64_t deadline_ns) {
  if (payload.size() > slots_.payload_bytes) return PushResult::too_large;
  for (bool waited_once = false; !try_push(meta, payload); waited_once = true) {
    if (full_ == Full::drop_new) {
      count_dropped(1);
      return region_.poisoned() ? PushResult::poisoned : PushResult::dropped;
    }
    // Others may take each slot that this end has waited for.
    if (waited_once && core::monotonic_ns() >= deadline_ns) return PushResult::timeout;
    const PushResult waited = wait_writable(deadline_ns);
    if (waited != PushResult::ok) return waited;
  }
  return PushResult::ok;
}

bool MpscProducer::has_room() {
  return claim_.run().count != 0 ||
         room_behind(header_->tail.load(std::memory_order_relaxed), 1) != 0;
}

// No consumer of ours stores a head outside of what was claimed. The two cursors are of one moment
// only if the tail stood still between two looks.
bool MpscProducer::is_head_wrong() const {
  // Acquire, all: the looks come in this order.
  const std::uint64_t tail = header_->tail.load(std::memory_order_acquire);
  const std::uint64_t head = header_->head.load(std::memory_order_acquire);
  return tail - head > slots_.capacity && header_->tail.load(std::memory_order_acquire) == tail;
}

PushResult MpscProducer::wait_writable(std::uint64_t deadline_ns) {
  const auto still_full = [this] {
    // seq_cst: read after this side said that it waits (queue::Gate).
    const std::uint64_t head = header_->head.load(std::memory_order_seq_cst);
    return header_->tail.load(std::memory_order_relaxed) - head >= slots_.capacity;
  };
  return wait_for_room(
      region_, wait_, deadline_ns, [this] { return has_room(); }, still_full,
      [this] { return is_head_wrong(); });
}

void MpscProducer::count_dropped(std::uint64_t records) {
  bump(own_->stats.dropped_new, records);
}

}  // namespace tally::ring
