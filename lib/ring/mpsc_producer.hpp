// One of up to sixteen writing ends of a ring of slots (kind=mpsc or mpmc), each in a process of
// its own or not. Move-only; one thread at a time; nothing is allocated after open(). The records
// of each end become visible in the order of its calls, each whole or not at all, also when its
// process is killed in between.
//
// Positions are claimed by one exchange on the tail before the records are written, and the
// consumers pass none of them before its owner has committed it, given it up or died: who is
// stopped between claim() and commit() holds the others' later records up. That is the price of one
// order for all; a consumer with a ring for each producer does not pay it.
//
// Source of the protocol: ring/intent.hpp; searched whole in tests/model/claims.pml.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/claim.hpp"
#include "ring/lines.hpp"
#include "ring/options.hpp"
#include "ring/producer.hpp"
#include "ring/record.hpp"
#include "ring/region.hpp"
#include "ring/results.hpp"

namespace tally::ring {

class alignas(kApartBytes) MpscProducer {
 public:
  // Creates the ring, of kind mpsc unless the options say mpmc, or joins it; see Region::open() for
  // the errors, of which try_again comes from the seventeenth.
  [[nodiscard]] static Result<MpscProducer> open(const std::string& name, Options options = {});

  MpscProducer(MpscProducer&&) noexcept = default;
  MpscProducer& operator=(MpscProducer&& other) noexcept;
  MpscProducer(const MpscProducer&) = delete;
  MpscProducer& operator=(const MpscProducer&) = delete;
  ~MpscProducer() { close(); }

  // As of Producer. Pre: nothing is claimed.
  bool try_push(const RecordMeta& meta, ByteView payload);
  PushResult push(const RecordMeta& meta, ByteView payload,
                  std::uint64_t deadline_ns = queue::kForeverNs);

  // Zero copy, many at a time: claim() takes at most `wanted` free slots in a row, which are this
  // end's from now on, and says how many; slot(i) is where record i goes (set meta.length, at most
  // payload_bytes()); commit(k) publishes the first k of them and gives up the rest, which the
  // consumer passes over. Until then claim() shows the same slots again. Claim no more than what is
  // about to be written. A batch costs one exchange and at most one wake.
  using Slot = Producer::Slot;
  std::size_t claim(std::size_t wanted);
  [[nodiscard]] Slot slot(std::size_t index) const {
    SlotHeader& slot = slots_.at(claim_.run().position + index);
    return {slot.meta, {slots_.payload(slot), slots_.payload_bytes}};
  }
  void commit(std::size_t count);

  // Sleeps by the wait policy until a slot is free: ok, timeout, closed, peer_dead or poisoned.
  // Another producer may take it first.
  PushResult wait_writable(std::uint64_t deadline_ns);

  // Counts records that the caller gave up because claim() or try_push() found no room.
  void count_dropped(std::uint64_t records);
  // Whether the ring was given up, by whomever: nobody takes anything from it any more.
  [[nodiscard]] bool is_given_up() const { return region_.poisoned(); }

  // Gives up what is claimed and leaves in an orderly way. When none is left, the consumer gets
  // after the last record `peer_dead` if one was killed whose place nobody took, else `closed`.
  // Nothing else may be called afterwards. Nothing happens in a forked child.
  void close();

  [[nodiscard]] Peer peer() const { return region_.peer(); }
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const {
    return region_.wait_for_peer(timeout_ns);
  }
  [[nodiscard]] std::uint32_t payload_bytes() const { return slots_.payload_bytes; }
  [[nodiscard]] std::uint64_t capacity() const { return slots_.capacity; }
  [[nodiscard]] const EndpointStats& stats() const { return region_.own().stats; }
  [[nodiscard]] const mem::PageReport& pages() const { return region_.pages(); }
  [[nodiscard]] const std::string& name() const { return region_.name(); }
  [[nodiscard]] Place place() const { return region_.place(); }

 private:
  MpscProducer(Region region, const Options& options);
  [[nodiscard]] std::uint64_t room_behind(std::uint64_t tail, std::uint64_t wanted);
  void publish(std::uint64_t position, std::uint64_t stamp);
  [[nodiscard]] bool has_room();
  [[nodiscard]] bool is_head_wrong() const;

  Region region_;
  SlotArea slots_;
  Header* header_;
  Endpoint* own_;
  const std::atomic<std::uint32_t>* peer_may_sleep_;
  std::uint64_t head_seen_ = 0;
  Claim claim_;  // what is neither committed nor given up
  Full full_ = Full::block;
  queue::WaitPlan wait_;
};

}  // namespace tally::ring
