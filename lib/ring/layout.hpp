// Layout v2 of a ring in shared memory: little-endian, fixed width, offsets only, so that any
// process of the host can map it anywhere.
//
//      0  header       what the ring is; written once under the set-up lock, sealed by a CRC-32C
//    128  state        stored last when a ring is made; then why the ring was given up, if it was
//    256  producer     tail: position of the next record to publish; of many producers, to claim.
//                      128 bytes to the next owner's line everywhere, because processors fetch
//                      lines in pairs
//    512  consumer     head: position of the next record to release; what is before it is free.
//                      Of a broadcast, stored by its producer: the oldest record still there
//    640  taken        of many consumers: position of the next record that one of them claims
//    768  gates        where a side sleeps (queue/wait.hpp): readers at 768, writers at 832
//    896  doubts       of many consumers: what killed ones had claimed (ring/mending.hpp)
//   1024  endpoints    17 entries of 256 bytes: who is attached, and that endpoint's own counters.
//                      0 is the producer, 1 the consumer; the rest are the other readers of a
//                      broadcast, the other producers of a ring of many, or its other consumers.
//                      Of many of both there are 32, the last 15 of them consumers'
//   8192  slots        capacity x slot_bytes, or an area of `capacity` bytes (ring/byte_area.hpp);
//                      of many of both at 12288
//
// A slot is {stamp, RecordMeta, payload}, a multiple of half a cache line. Positions are 64-bit,
// only ever grow (modulo 2^64) and are masked to a slot index at use. With p a position that maps
// to the slot, stamp == p + 1 says that the record of position p is committed; stamp == p that it
// was claimed and not committed, perhaps by somebody who was killed; anything else is left from an
// earlier lap. The consumer therefore polls only the line it is about to read, and
// never writes to a slot: it frees a whole batch with one store of `head`, which the producer reads
// once it has used up the room that it last saw. A slot's lines thus cross between two cores once
// in a lap. A producer's successor finds where it stood from the stamps (`tail` is stored after
// them and may be behind), a consumer's from `head` alone. (Version 1 had the consumer stamp each
// slot it freed.)
//
// Of many producers (kind mpsc) each takes a run of positions by one exchange on `tail`, which is
// therefore never behind a stamp, and says in its entry's `intent`, before the exchange, which run
// that is to be (ring/intent.hpp). Beside the stamps above, p + capacity says that the position was
// claimed and given up by its owner: a tombstone, which the consumer passes over. It also passes
// over a position that is claimed and has no stamp, but only if no endpoint whose lock is held has
// an intent that covers it: whoever claimed it is then dead and can never write there again.
//
// Of many consumers (kinds spmc and mpmc) each takes a run of committed positions by one exchange
// on `taken`, said before in its `intent` as above, and stores p + capacity into each slot's stamp
// once it has done with the record. `head` then follows: whoever stored such a stamp moves it over
// all positions from it on that have one. What stands before `taken` with a stamp of p + 1 and is
// in no intent of a living consumer was a killed one's: it is counted as in doubt, and its slot
// freed.
//
// A lean ring (slot form 7) has slots of one word and a payload (ring/lean_slots.hpp).
//
// An older program of version 2 refuses a ring of these kinds by its kind or its slot form.
//
// Nothing here is trusted after mapping: the header is checked against the file before use and
// copied out, indices are masked, lengths clamped.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "mem/pages.hpp"
#include "queue/wait.hpp"
#include "ring/record.hpp"

namespace tally::ring {

inline constexpr std::array<char, 8> kMagic = {'T', 'A', 'L', 'L', 'Y', 'R', 'N', 'G'};
inline constexpr std::uint16_t kLayoutVersion = 2;
inline constexpr std::size_t kSlotsOffset = 8192;
inline constexpr std::size_t kTradedSlotsOffset = 12288;
inline constexpr std::size_t kEndpointCount = 17;
inline constexpr std::size_t kTradedEndpointCount = 32;
inline constexpr std::uint64_t kMinSlots = 2;
inline constexpr std::uint64_t kMaxSlots = std::uint64_t{1} << 24U;
// A ring of bytes: the size of its area, a power of two, and what records are rounded up to.
inline constexpr std::uint64_t kMinAreaBytes = 4096;
inline constexpr std::uint64_t kMaxAreaBytes = std::uint64_t{1} << 30U;
inline constexpr std::size_t kByteGranule = 16;
inline constexpr std::uint64_t kMaxTotalBytes = std::uint64_t{1} << 40U;
inline constexpr std::size_t kProducerEntry = 0;
inline constexpr std::size_t kConsumerEntry = 1;   // of a broadcast, the first of 16 readers'
inline constexpr std::size_t kMostProducers = 16;  // of a ring of many
inline constexpr std::size_t kMostReaders = kEndpointCount - kConsumerEntry;  // of a broadcast
inline constexpr std::size_t kMostConsumers = 16;                             // of a ring of many
static_assert(kMostReaders == kMostConsumers);
// The entry of one of many producers: all but the consumer's.
[[nodiscard]] constexpr std::size_t producer_entry(std::size_t index) {
  return index == 0 ? kProducerEntry : kConsumerEntry + index;
}
// The entry of one of many consumers or readers: all but the producers'.
[[nodiscard]] constexpr std::size_t consumer_entry(SlotForm form, std::size_t index) {
  if (index == 0 || !has_many_producers(form)) return kConsumerEntry + index;
  return kMostProducers + index;
}
[[nodiscard]] constexpr std::size_t producer_count(SlotForm form) {
  return has_many_producers(form) ? kMostProducers : 1;
}
[[nodiscard]] constexpr std::size_t consumer_count(SlotForm form) {
  return has_many_consumers(form) || form == SlotForm::broadcast ? kMostConsumers : 1;
}
[[nodiscard]] constexpr std::size_t endpoint_count(SlotForm form) {
  return form == SlotForm::traded ? kTradedEndpointCount : kEndpointCount;
}
// Where the slots, or the area, begin.
[[nodiscard]] constexpr std::size_t slots_offset(SlotForm form) {
  return form == SlotForm::traded ? kTradedSlotsOffset : kSlotsOffset;
}

enum class Kind : std::uint16_t { spsc = 1, mpsc = 2, spmc = 3, mpmc = 4, broadcast = 5 };
enum class State : std::uint32_t { init = 0, ready = 1, closing = 2, poisoned = 3 };
enum class Role : std::uint32_t { none = 0, producer = 1, consumer = 2 };
enum class Phase : std::uint32_t { never = 0, attached = 1, closed = 2 };
enum class PoisonReason : std::uint32_t { none = 0, bad_length = 1, removed = 2, bad_cursor = 3 };

// The kind that a ring of this form is of.
[[nodiscard]] constexpr Kind kind_of(SlotForm form) {
  if (form == SlotForm::claimed) return Kind::mpsc;
  if (form == SlotForm::shared_out) return Kind::spmc;
  if (form == SlotForm::traded) return Kind::mpmc;
  return form == SlotForm::broadcast ? Kind::broadcast : Kind::spsc;
}

// The part of the header that never changes once the ring is ready.
struct StaticHeader {
  std::array<char, 8> magic;
  std::uint16_t layout_version;
  std::uint16_t kind;       // Kind
  std::uint16_t slot_form;  // SlotForm
  std::uint16_t page_kind;  // mem::PageKind obtained by the creator
  std::uint32_t header_bytes;
  std::uint32_t slot_bytes;
  std::uint32_t payload_bytes;
  std::uint32_t endpoint_count;
  std::uint64_t capacity;  // slots or, in a ring of bytes, bytes; a power of two
  std::uint64_t total_bytes;
  std::uint64_t type_hash;  // FNV-1a of type_name
  std::array<char, 32> type_name;
  std::uint64_t boot_hash;                // FNV-1a of the kernel's boot id
  std::uint64_t created_ns;               // CLOCK_REALTIME
  std::array<std::uint32_t, 5> reserved;  // zero
  std::uint32_t crc32c;                   // of the bytes before
};

// Written by its owner alone with relaxed stores, read by inspectors.
struct EndpointStats {
  // Of a ring of bytes, and of one of many producers or consumers; of one alone of slots, the
  // cursor counts.
  std::atomic<std::uint64_t> records;
  std::atomic<std::uint64_t> bytes;   // of payloads
  std::atomic<std::uint64_t> merged;  // records that came in one batch with an earlier one
  std::atomic<std::uint64_t> stalls;  // found the ring full (producer), empty (consumer)
  std::atomic<std::uint64_t> dropped_new;
  std::atomic<std::uint64_t> dropped_old;
  std::atomic<std::uint64_t> lost;
  // Positions that it gave up (producer), that it passed over (consumer).
  std::atomic<std::uint64_t> tombstones;
  std::atomic<std::uint64_t> wakes;   // times it woke the other side
  std::atomic<std::uint64_t> sleeps;  // times it slept
  std::atomic<std::uint64_t> max_depth;
  std::atomic<std::uint64_t> last_record_ns;  // as `records`; a slot has its own time
  // Of a broadcast's producer: readers that were killed while it waited for them.
  std::atomic<std::uint64_t> passed_readers;
};

// Where a reader of a broadcast stands, which no cursor of the ring says. `turn` says which of the
// two copies counts: a reader that is killed while it writes one leaves the other.
struct ReaderPlace {
  std::atomic<std::uint64_t> position;  // of the next record
  std::atomic<std::uint64_t> number;    // that this record should have
  std::atomic<std::uint64_t> lost;      // records that were overwritten before this reader came
};
struct ReaderCursor {
  std::array<ReaderPlace, 2> places;
  std::atomic<std::uint64_t> turn;
};

struct Endpoint {
  std::atomic<std::uint32_t> role;
  std::atomic<std::uint32_t> phase;
  std::atomic<std::uint64_t> epoch;  // how often somebody attached here
  std::atomic<std::uint32_t> pid;    // for display; liveness is the lock (ring/liveness.hpp)
  std::atomic<std::uint32_t> uid;
  std::atomic<std::uint64_t> start_ticks;  // of the process, /proc/PID/stat field 22
  std::array<char, 16> comm;
  // Of a broadcast's reader: its epoch, once a producer that waited for it found that it was
  // killed.
  std::atomic<std::uint64_t> passed_epoch;
  // The other side must look for a sleeper. Of many readers or producers it is read in the first
  // one's entry, where each sets it and none takes it back.
  std::atomic<std::uint32_t> may_sleep;
  std::atomic<std::uint32_t> full_policy;
  alignas(64) ReaderCursor cursor;
  // The run that one of many producers or consumers is about to claim (ring/intent.hpp), apart from
  // what the other side reads. Of a broadcast's reader that has yet to store where it begins, 1: a
  // successor then begins as if nobody had been there.
  std::atomic<std::uint64_t> intent;
  alignas(128) EndpointStats stats;
};

// Records that consumers had claimed when they were killed, or when they left. One process at a
// time writes here, under the lock of kMendLockByte; between the two stores of `counted` and
// `settled` the slot of `position` is freed (ring/mending.hpp).
struct Doubts {
  std::atomic<std::uint64_t> counted;
  std::atomic<std::uint64_t> position;
  std::atomic<std::uint64_t> settled;
  // How many of `counted` consumers have reported that left in an orderly way. The last one that
  // leaves reports for those that were killed as well.
  std::atomic<std::uint64_t> told;
};

struct Header {
  StaticHeader fixed;
  alignas(128) std::atomic<std::uint32_t> state;  // State
  std::atomic<std::uint32_t> poison_reason;       // PoisonReason
  std::atomic<std::uint32_t> poison_pid;
  alignas(256) std::atomic<std::uint64_t> tail;
  alignas(256) std::atomic<std::uint64_t> head;
  alignas(128) std::atomic<std::uint64_t> taken;
  alignas(256) queue::Gate readers;
  queue::Gate writers;
  alignas(128) Doubts doubts;
  // Only endpoint_count() of them are there.
  alignas(256) std::array<Endpoint, kTradedEndpointCount> endpoints;
};

// Whether `a` is before `b`, of positions or numbers that may have wrapped.
[[nodiscard]] constexpr bool is_before(std::uint64_t a, std::uint64_t b) {
  return static_cast<std::int64_t>(a - b) < 0;
}

struct SlotHeader {
  std::atomic<std::uint64_t> stamp;
  RecordMeta meta;
};
inline constexpr std::size_t kSlotHeaderBytes = sizeof(SlotHeader);

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(std::is_standard_layout_v<Header> && std::is_trivially_copyable_v<StaticHeader>);
static_assert(offsetof(StaticHeader, layout_version) == 8);
static_assert(offsetof(StaticHeader, kind) == 10);
static_assert(offsetof(StaticHeader, slot_form) == 12);
static_assert(offsetof(StaticHeader, page_kind) == 14);
static_assert(offsetof(StaticHeader, header_bytes) == 16);
static_assert(offsetof(StaticHeader, slot_bytes) == 20);
static_assert(offsetof(StaticHeader, payload_bytes) == 24);
static_assert(offsetof(StaticHeader, endpoint_count) == 28);
static_assert(offsetof(StaticHeader, capacity) == 32);
static_assert(offsetof(StaticHeader, total_bytes) == 40);
static_assert(offsetof(StaticHeader, type_hash) == 48);
static_assert(offsetof(StaticHeader, type_name) == 56);
static_assert(offsetof(StaticHeader, boot_hash) == 88);
static_assert(offsetof(StaticHeader, created_ns) == 96);
static_assert(offsetof(StaticHeader, reserved) == 104);
static_assert(offsetof(StaticHeader, crc32c) == 124);
static_assert(sizeof(StaticHeader) == 128 && offsetof(Header, state) == 128);
static_assert(offsetof(Header, poison_reason) == 132 && offsetof(Header, poison_pid) == 136);
static_assert(offsetof(Header, tail) == 256);
static_assert(offsetof(Header, head) == 512);
static_assert(offsetof(Header, taken) == 640);
static_assert(offsetof(Header, readers) == 768);
static_assert(offsetof(Header, writers) == 832);
static_assert(offsetof(Header, doubts) == 896 && sizeof(Doubts) == 32);
static_assert(offsetof(Header, endpoints) == 1024);
static_assert(sizeof(Endpoint) == 256 && offsetof(Endpoint, stats) == 128);
static_assert(offsetof(Endpoint, comm) == 32 && offsetof(Endpoint, intent) == 120);
static_assert(offsetof(Endpoint, cursor) == 64 && sizeof(ReaderCursor) == 56);
static_assert(sizeof(Header) == 1024 + kTradedEndpointCount * 256);
static_assert(sizeof(Header) <= kTradedSlotsOffset);
static_assert(1024 + kEndpointCount * 256 <= kSlotsOffset);
static_assert(kSlotHeaderBytes == 32);

// What a checked header says, copied out of reach of the peer.
struct Geometry {
  SlotForm form = SlotForm::stamped_fixed;
  std::uint64_t capacity = 0;
  std::uint32_t slot_bytes = 0;
  std::uint32_t payload_bytes = 0;
  std::uint64_t total_bytes = 0;
  mem::PageKind page_kind = mem::PageKind::small_4k;

  [[nodiscard]] std::uint64_t mask() const { return capacity - 1; }
  // Of the slot of a position, from the beginning of the file.
  [[nodiscard]] std::uint64_t slot_offset(std::uint64_t position) const {
    return slots_offset(form) + (position & mask()) * slot_bytes;
  }
};

// The geometry of a new ring of slots. Pre: both are within the limits of ring/options.hpp.
[[nodiscard]] Geometry plan_geometry(std::uint64_t slots, std::uint32_t payload_bytes,
                                     SlotForm form = SlotForm::stamped_fixed);
// The same of a ring of bytes, or a broadcast. Its largest record, with its header, is a quarter of
// the area.
[[nodiscard]] Geometry plan_byte_geometry(SlotForm form, std::uint64_t area_bytes);

// A sealed header for a ring of that geometry, made now on this boot.
[[nodiscard]] StaticHeader make_header(const Geometry& geometry);

// Checks every field of a header read from a file of `file_bytes` bytes. Errors: bad_data, naming
// the field, for anything but a whole header of this version and record type.
[[nodiscard]] Result<Geometry> check_header(const StaticHeader& header, std::uint64_t file_bytes);

// CRC-32C over everything before the field itself.
[[nodiscard]] std::uint32_t header_crc32c(const StaticHeader& header);

// FNV-1a of /proc/sys/kernel/random/boot_id: another value means the ring is from before a reboot.
[[nodiscard]] std::uint64_t boot_hash();

}  // namespace tally::ring
