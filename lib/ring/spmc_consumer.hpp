// One of up to sixteen reading ends of a ring of slots (kind=spmc or mpmc), each in a process of
// its own or not. Move-only; one thread at a time; nothing is allocated after open(). Each record
// goes to exactly one of them; each gets those of a producer in their order.
//
// Positions are claimed by one exchange, read where they lie and released, and no slot is free
// before whoever claimed it has released it, left or died: who is stopped between peek() and
// release() keeps its records, and in the end the producers wait for it. What a consumer had
// claimed when it was killed is in doubt: counted, and given to nobody else (ring/mending.hpp).
//
// Of many producers, positions that were given up, or whose producer was killed before it committed
// them, are passed over as by Consumer. Which of the consumers does that, or frees what a killed
// one left, makes no difference: each looks now and then while it finds nothing, and before each
// sleep.
//
// Source of the protocol: ring/intent.hpp, the mirror image of ring/mpsc_producer.hpp; searched
// whole in tests/model/takes.pml.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/claim.hpp"
#include "ring/lines.hpp"
#include "ring/mending.hpp"
#include "ring/options.hpp"
#include "ring/record.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"
#include "ring/slot_area.hpp"

namespace tally::ring {

class alignas(kApartBytes) SpmcConsumer {
 public:
  // Creates the ring, of kind spmc unless the options say mpmc, or joins it; see Region::open() for
  // the errors, of which try_again comes from the seventeenth.
  [[nodiscard]] static Result<SpmcConsumer> open(const std::string& name, Options options = {});

  SpmcConsumer(SpmcConsumer&&) noexcept = default;
  SpmcConsumer& operator=(SpmcConsumer&& other) noexcept;
  SpmcConsumer(const SpmcConsumer&) = delete;
  SpmcConsumer& operator=(const SpmcConsumer&) = delete;
  ~SpmcConsumer() { close(); }

  // As of Consumer. Pre: nothing is claimed.
  bool try_pop(RecordMeta& meta, MutableByteView into);
  PopResult pop_wait(RecordMeta& meta, MutableByteView into,
                     std::uint64_t deadline_ns = queue::kForeverNs);

  // Zero copy, many at a time: peek() claims at most `wanted` records in a row, which are this
  // end's from now on, and says how many; record(i) shows one where it lies; release(k) frees the
  // first k, and the others stay claimed: peek() shows them again. Ask for few where each takes
  // long: nobody else gets what is claimed here.
  using Record = SlotRecord;
  std::size_t peek(std::size_t wanted);
  [[nodiscard]] Record record(std::size_t index) const;
  void release(std::size_t count);

  // Waits until peek() would find a record, without taking it: another consumer may take it first.
  PopResult wait_readable(std::uint64_t deadline_ns);

  // Leaves in an orderly way; what is claimed and not released counts as in doubt. Nothing else may
  // be called afterwards. Nothing happens in a forked child.
  void close();

  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  // Records committed and not yet claimed, a moment ago.
  [[nodiscard]] std::uint64_t depth() const;
  // What the producers gave up because the ring was full.
  [[nodiscard]] std::uint64_t dropped_by_producer() const { return region_.dropped_by_producers(); }
  // Records of other consumers, killed or left, that this one has found and counted as in doubt;
  // once it has closed as the last of them, also those that killed ones had found.
  [[nodiscard]] std::uint64_t found_in_doubt() const { return found_in_doubt_; }
  // Once it has closed: records that nobody had claimed and that went with the ring.
  [[nodiscard]] std::uint64_t gone_unread() const { return gone_unread_; }
  [[nodiscard]] std::uint32_t payload_bytes() const { return slots_.payload_bytes; }
  [[nodiscard]] std::uint64_t capacity() const { return slots_.capacity; }
  [[nodiscard]] const EndpointStats& stats() const { return region_.own().stats; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 private:
  SpmcConsumer(Region region, const Options& options);
  [[nodiscard]] std::uint64_t committed_from(std::uint64_t position, std::uint64_t wanted) const;
  [[nodiscard]] std::uint64_t take(std::uint64_t wanted);
  [[nodiscard]] std::uint32_t length_at(std::uint64_t position) const;
  [[nodiscard]] bool is_there() const;
  [[nodiscard]] bool is_still_empty() const;
  // Gives the ring up where `taken` is none that consumers store.
  [[nodiscard]] bool has_right_place();
  // Does for all what the absent left undone. Whether there may be a record now. Asks who lives
  // only where `thoroughly`.
  bool look_after(bool thoroughly);
  // Until nothing of it is left, waiting for another that is at it. `given_up` is what this end had
  // claimed.
  void look_after_all(ClaimedRun given_up = {}, std::uint64_t patience_ns = 0);
  Mended mend_some(ClaimedRun given_up = {});
  bool pass_gaps(bool thoroughly);
  // Makes a position that no producer will ever commit one that was given up. `stamp` is what was
  // seen there. False: not yet, or it is none.
  [[nodiscard]] bool give_up_for_dead(std::uint64_t position, std::uint64_t stamp);
  [[nodiscard]] bool is_thorough_poll();
  void wake_writers();
  void note_depth(std::uint64_t taken);

  Region region_;
  SlotArea slots_;
  Header* header_;
  EndpointStats* stats_;
  const std::atomic<std::uint32_t>* peer_may_sleep_;
  Claim claim_;
  bool many_producers_ = false;
  std::uint32_t idle_polls_ = 0;  // looks that found nothing
  std::uint64_t settled_ = 0;     // by this end, its own among them
  std::uint64_t found_in_doubt_ = 0;
  std::uint64_t gone_unread_ = 0;
  queue::WaitPlan wait_;
};

}  // namespace tally::ring
