#include "ring/broadcast_reader.hpp"

#include <utility>

#include "ring/counters.hpp"
#include "ring/lines_ahead.hpp"
#include "ring/waiting.hpp"

namespace tally::ring {

Result<BroadcastReader> BroadcastReader::open(const std::string& name, Options options) {
  options.form = SlotForm::broadcast;
  TALLY_TRY(Region region, Region::open(name, options, Role::consumer));
  return BroadcastReader(std::move(region), options);
}

BroadcastReader::BroadcastReader(Region region, const Options& options)
    : region_(std::move(region)),
      area_(region_.area()),
      header_(&region_.header()),
      peer_may_sleep_(&region_.other().may_sleep),
      stats_(&region_.own().stats),
      place_(load_place(region_.own().cursor)),
      wait_(queue::resolve(options.wait)) {
  place_.position = granule_at(place_.position);
}

// Every head that the producer stores is behind a tail, and is the tail or the beginning of a
// record that is there until the head moves. Another one was changed, and would have the reader
// look outside of the area or wait for what never comes.
bool BroadcastReader::can_go_on_at(std::uint64_t head) const {
  // Acquire, after the head's: no older than what was stored before that head, and the stamps
  // before it are there.
  const std::uint64_t tail = header_->tail.load(std::memory_order_acquire);
  const bool right =
      head % kByteGranule == 0 && !is_before(tail, head) &&
      (head == tail || look_at(area_, head).is != ByteLook::Is::absent || oldest() != head);
  if (!right) region_.poison(PoisonReason::bad_cursor);
  return right;
}

std::size_t BroadcastReader::read(std::span<BroadcastRecord> out, MutableByteView into) {
  const ByteArea area = area_;
  BroadcastPlace at = place_;
  LinesToRead lines(area, at.position, last_read_bytes_);
  std::size_t used = 0;
  std::size_t count = 0;
  while (count < out.size()) {
    const ByteLook look = look_at(area, at.position);
    const bool is_record = is_whole(look);
    std::size_t bytes = 0;
    std::uint64_t number = 0;
    std::uint64_t header = 0;
    if (is_record) {
      bytes = look.length - kNumberBytes;
      if (bytes > into.size() - used) break;
      lines.ask_from(at.position);
      // Acquire: as load_words().
      header = word_at(area.payload(at.position) - sizeof header).load(std::memory_order_acquire);
      number = number_at(area, at.position);
      load_words(into.data() + used, area.payload(at.position) + kNumberBytes, bytes);
    }
    if (const std::uint64_t head = oldest(); is_before(at.position, head)) [[unlikely]] {
      if (!can_go_on_at(head)) break;
      at.position = head;  // what was seen may be torn
      continue;
    }
    if (look.is == ByteLook::Is::absent) break;
    if (look.is == ByteLook::Is::pad) {
      at.position = look.end;
      continue;
    }
    if (!is_record) {
      region_.poison(PoisonReason::bad_length);
      break;
    }
    if (is_before(at.number, number)) at.lost += number - at.number;
    at.number = number + 1;
    at.position = look.end;
    out[count++] = {{into.data() + used, bytes},
                    static_cast<std::uint16_t>(header >> 32U),
                    static_cast<std::uint16_t>(header >> 48U),
                    at};
    used += bytes;
  }
  if (count > 0) last_read_bytes_ = at.position - place_.position;
  return count;
}

void BroadcastReader::release(std::span<const BroadcastRecord> done, std::uint64_t last_record_ns) {
  if (done.empty()) return;
  std::uint64_t bytes = 0;
  for (const BroadcastRecord& record : done) bytes += record.payload.size();
  place_ = done.back().next;
  bump(stats_->records, done.size());
  bump(stats_->bytes, bytes);
  if (done.size() > 1) bump(stats_->merged, done.size() - 1);
  stats_->last_record_ns.store(last_record_ns, std::memory_order_relaxed);
  if (peer_may_sleep_->load(std::memory_order_relaxed) == 0) {
    store_place(region_.own().cursor, place_);
    return;
  }
  // seq_cst: stored before the look for a sleeper (queue::Gate).
  store_place(region_.own().cursor, place_, std::memory_order_seq_cst);
  if (header_->writers.wake_if_waiting(queue::FutexScope::host)) bump(stats_->wakes, 1);
}

bool BroadcastReader::is_readable() const {
  std::uint64_t at = place_.position;
  for (;;) {
    const ByteLook look = look_at(area_, at);
    if (const std::uint64_t head = oldest(); is_before(at, head)) {
      if (!can_go_on_at(head)) return false;
      at = head;
      continue;
    }
    if (look.is == ByteLook::Is::pad) {
      at = look.end;
      continue;
    }
    if (look.is == ByteLook::Is::absent) return false;
    if (is_whole(look)) return true;
    region_.poison(PoisonReason::bad_length);
    return false;
  }
}

PopResult BroadcastReader::wait_readable(std::uint64_t deadline_ns) {
  const auto readable = [this] { return is_readable(); };
  if (readable()) return PopResult::ok;
  bump(stats_->stalls, 1);
  const auto still_empty = [this] {
    // seq_cst: read after this side said that it waits (queue::Gate). What is before that tail is
    // looked for once more; a reader that was overtaken may find nothing behind the place where it
    // stands.
    return header_->tail.load(std::memory_order_seq_cst) == place_.position || !is_readable();
  };
  return pop_result(wait_for(region_, header_->readers, wait_, deadline_ns, readable, still_empty));
}

std::uint64_t BroadcastReader::published_from(std::uint64_t number) const {
  const std::uint64_t published = region_.other().stats.records.load(std::memory_order_relaxed);
  return is_before(number, published) ? published - number : 0;
}

std::uint64_t BroadcastReader::overwritten_from(std::uint64_t number) const {
  const std::uint64_t oldest = oldest_place(*header_, area_).number;
  return is_before(number, oldest) ? oldest - number : 0;
}

}  // namespace tally::ring
