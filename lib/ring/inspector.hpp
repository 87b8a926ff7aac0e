// Looking after rings from outside: list, status, removal. Everything is read through the file
// descriptor, not a mapping, so that an inspector disturbs nobody and a truncated ring is an error
// instead of a fault. Cold paths; allocates; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "mem/pages.hpp"
#include "ring/layout.hpp"
#include "ring/options.hpp"

namespace tally::ring {

enum class EndpointState : std::uint8_t {
  absent,  // nobody ever attached
  alive,
  stopped,  // alive, and stopped by a signal or a debugger: it is never given up
  closed,
  dead,
};
[[nodiscard]] std::string_view endpoint_state_name(EndpointState state);
[[nodiscard]] std::string_view ring_state_name(State state);

struct EndpointStatus {
  Role role = Role::none;
  EndpointState state = EndpointState::absent;
  std::uint32_t pid = 0;
  std::uint64_t attaches = 0;  // how many processes have been here, one after the other
  std::string comm;
  Full full = Full::block;  // of a producer
  bool may_sleep = false;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t batches = 0;
  std::uint64_t stalls = 0;
  std::uint64_t dropped_new = 0;
  std::uint64_t dropped_old = 0;
  std::uint64_t lost = 0;
  std::uint64_t tombstones = 0;
  std::uint64_t wakes = 0;
  std::uint64_t sleeps = 0;
  std::uint64_t max_depth = 0;
  std::uint64_t behind = 0;  // of a broadcast's reader: records that it has not released
  // Of a broadcast's producer: readers that were killed while it waited for them.
  std::uint64_t passed_readers = 0;
  std::uint64_t last_record_ns = 0;
};

struct RingStatus {
  std::string name;
  std::string path;
  SlotForm form = SlotForm::stamped_fixed;
  State state = State::init;
  PoisonReason poison_reason = PoisonReason::none;
  std::uint64_t slots = 0;  // in a ring of bytes, the bytes of its area
  std::uint32_t slot_bytes = 0;
  std::uint32_t payload_bytes = 0;
  std::uint64_t total_bytes = 0;
  mem::PageKind page_kind = mem::PageKind::small_4k;  // what the creator obtained
  std::uint64_t created_ns = 0;                       // CLOCK_REALTIME
  bool from_this_boot = true;
  std::uint64_t tail = 0;
  std::uint64_t taken = 0;  // of many consumers; otherwise the head
  std::uint64_t head = 0;
  // Records published and not released, of many consumers not claimed; of a broadcast, those that
  // are still there. Of many producers or consumers each slot between is looked at, 0.3 us.
  std::uint64_t depth = 0;
  // Of many consumers: records that those who live have claimed and not released, and such of those
  // who were killed or have left, which may have been passed on or not.
  std::uint64_t in_hand = 0;
  std::uint64_t in_doubt = 0;
  std::uint64_t untold = 0;  // of those in doubt: no consumer that has left has told of them
  // Of many consumers: what was taken, is neither in hand nor in doubt, and that no consumer has
  // counted. While none of them is at work, one that was killed behind the release of a record and
  // before it counted it had released so many or, of many producers, passed over positions that
  // have no record; of those who live, what they are about to count is among them.
  std::uint64_t uncounted = 0;
  std::uint64_t lost = 0;  // dropped or overtaken, all endpoints together
  EndpointStatus producer;
  EndpointStatus consumer;
  // Of a broadcast, readers that have been there; of a ring of many consumers, these.
  std::vector<EndpointStatus> more_readers;
  std::vector<EndpointStatus> more_producers;  // the same of a ring of many producers
  std::uint64_t taken_ns = 0;                  // CLOCK_MONOTONIC of this status

  [[nodiscard]] bool in_use() const;
  // The producer, the consumer, the other readers and the other producers.
  [[nodiscard]] std::vector<const EndpointStatus*> sides() const;
  // Of a broadcast: whether the producer waits for its readers, or drops what is new.
  [[nodiscard]] bool is_gated() const;
  // Of a broadcast: the reader that lives and is furthest behind; null without any.
  [[nodiscard]] const EndpointStatus* slowest_reader() const;
  // Records and their bytes, of all producers together.
  [[nodiscard]] std::uint64_t published() const;
  [[nodiscard]] std::uint64_t published_bytes() const;
  // Records released, of all consumers together, as far as they have counted them (`uncounted`).
  [[nodiscard]] std::uint64_t released() const;
};

// Records and bytes a second between two looks at the same ring. 0 when no time has passed.
struct RingRates {
  double records_in_per_s = 0;
  double records_out_per_s = 0;
  double bytes_in_per_s = 0;
  double lost_per_s = 0;
};
[[nodiscard]] RingRates rates(const RingStatus& before, const RingStatus& after);

// Names of this user's rings, sorted. Errors: no_input when /dev/shm is not there.
[[nodiscard]] Result<std::vector<std::string>> list_rings();

// Errors: usage (name), no_input (no such ring), permission, bad_data naming the broken field.
[[nodiscard]] Result<RingStatus> stat_ring(const std::string& name);

struct Removal {
  std::uint64_t discarded = 0;  // records that were committed and not released, of many consumers
                                // not claimed
  // Of many consumers: records that those who live had claimed and not released, and such of those
  // who were killed or left, of which nobody has told.
  std::uint64_t in_hand = 0;
  std::uint64_t in_doubt = 0;
};
// Removes a ring that no process holds, whatever state its header is in. With `force` also one that
// is held: it is poisoned first, so that both sides end with an error instead of waiting. Errors:
// as stat_ring(), and try_again naming the pid when it is held (a stopped process holds it too).
[[nodiscard]] Result<Removal> remove_ring(const std::string& name, bool force = false);

}  // namespace tally::ring
