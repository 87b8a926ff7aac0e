#include "ring/verify.hpp"

#include <cerrno>
#include <unistd.h>

#include "ring/broadcast.hpp"
#include "ring/byte_area.hpp"
#include "ring/inspector.hpp"
#include "ring/lean_slots.hpp"
#include "ring/region.hpp"
#include "ring/ring_file.hpp"

namespace tally::ring {
namespace {

template <typename T>
bool read_at(int fd, std::uint64_t at, T& value) {
  return ::pread(fd, &value, sizeof value, static_cast<off_t>(at)) ==
         static_cast<ssize_t>(sizeof value);
}

// The fields of a slot's or record's header as they lie in the file.
struct SlotImage {
  std::uint64_t stamp;
  RecordMeta meta;
};
static_assert(sizeof(SlotImage) == kSlotHeaderBytes);
struct ByteImage {
  std::uint64_t stamp;
  std::uint32_t length;
  std::uint16_t type;
  std::uint16_t flags;
};
static_assert(sizeof(ByteImage) == kByteGranule);

// Whether the reader has gone past the position since, so that what lies there is no finding.
bool is_passed(int fd, std::uint64_t position) {
  std::uint64_t head = 0;
  if (!read_at(fd, offsetof(Header, head), head)) return false;
  return static_cast<std::int64_t>(head - position) > 0;
}

void find(Verdict& verdict, const std::string& what, std::uint64_t position) {
  verdict.findings.push_back(what + " at position " + std::to_string(position));
}

// Whether a position of many producers that has no record may have this stamp: its owner gave it up
// or has not come to it, so that it is of an earlier lap, if there was one.
bool is_gap(const RingStatus& ring, std::uint64_t stamp, std::uint64_t position) {
  if (stamp == 0 || stamp == position + ring.slots) return true;
  const bool earlier = is_before(stamp, position + 1);
  return earlier && ((stamp - position) & (ring.slots - 1)) <= 1;
}

// Whether a position before `taken` of many consumers may look so: released, or not yet.
bool is_taken(const RingStatus& ring, const SlotImage& slot, std::uint64_t position) {
  return is_before(position, ring.taken) && slot.stamp == position + ring.slots;
}

void walk_slots(int fd, const RingStatus& ring, Verdict& verdict) {
  const Geometry geometry = plan_geometry(ring.slots, ring.payload_bytes, ring.form);
  for (std::uint64_t position = ring.head; position != ring.tail; ++position) {
    SlotImage slot{};
    if (!read_at(fd, geometry.slot_offset(position), slot)) {
      return find(verdict, "no slot can be read", position);
    }
    const bool right = slot.stamp == position + 1 && slot.meta.length <= ring.payload_bytes;
    if (is_taken(ring, slot, position)) continue;
    if (!right && is_passed(fd, position)) continue;
    if (has_many_producers(ring.form) && slot.stamp != position + 1 &&
        is_gap(ring, slot.stamp, position)) {
      ++verdict.claimed;
      continue;
    }
    if (slot.stamp != position + 1) {
      // One of many consumers may have taken and released it since.
      if (has_many_consumers(ring.form) && slot.stamp == position + ring.slots && verdict.in_use) {
        continue;
      }
      return find(verdict, "a published record has no stamp", position);
    }
    if (!right) {
      return find(verdict, "a length of " + std::to_string(slot.meta.length) + " is out of range",
                  position);
    }
    if (is_before(position, ring.taken)) {
      ++verdict.taken;
      continue;
    }
    ++verdict.records;
    verdict.bytes += slot.meta.length;
  }
}

void walk_lean_slots(int fd, const RingStatus& ring, Verdict& verdict) {
  const Geometry geometry = plan_geometry(ring.slots, ring.payload_bytes, ring.form);
  for (std::uint64_t position = ring.head; position != ring.tail; ++position) {
    std::uint64_t word = 0;
    if (!read_at(fd, geometry.slot_offset(position), word)) {
      return find(verdict, "no slot can be read", position);
    }
    const bool committed = is_lean_record(word, position);
    if (committed && lean_length(word) <= ring.payload_bytes) {
      ++verdict.records;
      verdict.bytes += lean_length(word);
      continue;
    }
    if (is_passed(fd, position)) continue;
    return committed ? find(verdict,
                            "a length of " + std::to_string(lean_length(word)) + " is out of range",
                            position)
                     : find(verdict, "a published record has no stamp", position);
  }
}

void walk_bytes(int fd, const RingStatus& ring, Verdict& verdict) {
  const ByteArea area{nullptr, ring.slots, ring.payload_bytes};
  const bool broadcast = ring.form == SlotForm::broadcast;
  const std::size_t least = broadcast ? kNumberBytes : 0;
  std::uint64_t next_number = 0;
  std::uint64_t position = ring.head;
  while (static_cast<std::int64_t>(ring.tail - position) > 0) {
    ByteImage record{};
    if (!read_at(fd, kSlotsOffset + area.offset(position), record)) {
      return find(verdict, "no record can be read", position);
    }
    const std::uint64_t room = area.until_wrap(position);
    const bool pad = record.length == kPad;
    const std::uint64_t span = pad ? room : ByteArea::span_of(record.length);
    const bool fits =
        pad || (record.length >= least && record.length <= area.payload_bytes && span <= room);
    if (record.stamp != position + 1 || !fits) {
      // The walk of a ring that moves on ends here; what was read of it was whole.
      if (is_passed(fd, position)) return;
      return record.stamp != position + 1
                 ? find(verdict, "a published record has no stamp", position)
                 : find(verdict,
                        "a length of " + std::to_string(record.length) + " is out of range",
                        position);
    }
    if (!pad) {
      std::uint64_t number = 0;
      const std::uint64_t at = kSlotsOffset + area.offset(position) + sizeof record;
      if (broadcast && !read_at(fd, at, number)) {
        return find(verdict, "no number can be read", position);
      }
      if (broadcast && verdict.records > 0 && number != next_number) {
        if (is_passed(fd, position)) return;
        return find(verdict, "the number " + std::to_string(number) + " is out of order", position);
      }
      next_number = number + 1;
      ++verdict.records;
      verdict.bytes += record.length - least;
    }
    position += span;
  }
}

// Of a broadcast: no reader is ahead of what was published. Of one in use nobody can say, whose
// readers may take a record before the tail behind it is stored.
void check_readers(int fd, const RingStatus& ring, Verdict& verdict) {
  for (std::size_t entry = kConsumerEntry; entry < kEndpointCount; ++entry) {
    const std::uint64_t base = offsetof(Header, endpoints) + entry * sizeof(Endpoint);
    std::uint32_t phase = 0;
    std::uint64_t turn = 0;
    std::uint64_t position = 0;
    const std::uint64_t cursor = base + offsetof(Endpoint, cursor);
    if (!read_at(fd, base + offsetof(Endpoint, phase), phase) ||
        phase != static_cast<std::uint32_t>(Phase::attached) ||
        !read_at(fd, cursor + offsetof(ReaderCursor, turn), turn) ||
        !read_at(fd, cursor + turn % 2 * sizeof(ReaderPlace), position)) {
      continue;
    }
    const bool ahead = is_before(ring.tail, position) && !verdict.in_use;
    if (position % kByteGranule != 0 || ahead) {
      find(verdict, "a reader stands where no record can be", position);
    }
  }
}

// Whether a position of one producer was committed, and perhaps released since.
bool is_settled(const RingStatus& ring, std::uint64_t stamp, std::uint64_t position) {
  if (ring.form == SlotForm::lean) return is_lean_record(stamp, position);
  return stamp == position + 1 || stamp == position + ring.slots;
}

// Behind the last record that the one producer of slots committed, whether or not it came to store
// that before it was killed (recover_tail()).
std::uint64_t committed_tail(int fd, const RingStatus& ring) {
  const Geometry geometry = plan_geometry(ring.slots, ring.payload_bytes, ring.form);
  std::uint64_t tail = ring.tail;
  std::uint64_t stamp = 0;
  while (tail - ring.tail < ring.slots && read_at(fd, geometry.slot_offset(tail), stamp) &&
         is_settled(ring, stamp, tail)) {
    ++tail;
  }
  return tail;
}

// The same of an area of bytes.
std::uint64_t committed_end(int fd, const RingStatus& ring) {
  const ByteArea area{nullptr, ring.slots, ring.payload_bytes};
  std::uint64_t tail = ring.tail;
  ByteImage record{};
  while (tail - ring.tail < ring.slots && read_at(fd, kSlotsOffset + area.offset(tail), record) &&
         record.stamp == tail + 1) {
    const std::uint64_t room = area.until_wrap(tail);
    const std::uint64_t span = record.length == kPad ? room : ByteArea::span_of(record.length);
    if (span > room) break;
    tail += span;
  }
  return tail;
}

}  // namespace

Result<Verdict> verify_ring(const std::string& name) {
  Verdict verdict;
  auto status = stat_ring(name);
  if (!status) {
    if (status.error().code != Code::bad_data) return fail(status.error());
    verdict.findings.push_back(status.error().message);
    return verdict;
  }
  TALLY_TRY(const UniqueFd fd, open_ring_file(ring_path(name), false));
  verdict.in_use = status->in_use();
  if (status->state == State::poisoned) verdict.findings.emplace_back("it was given up");
  if (!has_many_producers(status->form) && !verdict.in_use) {
    status->tail = is_byte_area(status->form) ? committed_end(fd.get(), *status)
                                              : committed_tail(fd.get(), *status);
  }
  const std::uint64_t used = status->tail - status->head;
  // The reader may take a record before its writer has stored the tail.
  const bool crossed = static_cast<std::int64_t>(used) < 0;
  if (crossed && verdict.in_use) return verdict;
  const auto out_of_order = [&](const std::string& how) {
    verdict.findings.push_back("head " + std::to_string(status->head) + how);
    return verdict;
  };
  const std::string tail = " and tail " + std::to_string(status->tail);
  if (used > status->slots) return out_of_order(tail + " are further apart than the capacity");
  // Of a ring that moves on, the cursors are not of one moment.
  if (status->taken - status->head > used && !verdict.in_use) {
    return out_of_order(", taken " + std::to_string(status->taken) + tail +
                        " are not in this order");
  }
  if (status->form == SlotForm::broadcast) check_readers(fd.get(), *status, verdict);
  verdict.gated = status->is_gated();
  if (const EndpointStatus* const slowest = status->slowest_reader()) {
    verdict.slowest_behind = slowest->behind;
  }
  if (is_byte_area(status->form)) {
    walk_bytes(fd.get(), *status, verdict);
  } else if (status->form == SlotForm::lean) {
    walk_lean_slots(fd.get(), *status, verdict);
  } else {
    walk_slots(fd.get(), *status, verdict);
  }
  return verdict;
}

}  // namespace tally::ring
