// The writing end of a lean ring, whose records are at most 56 bytes, each in one cache line
// (ring/lean_slots.hpp). What a record of another ring carries beside its payload, number, time,
// flags and source, does not travel. Move-only; one thread at a time; nothing is allocated after
// open(). Records become visible in the order of the calls, each whole or not at all, also when
// this process is killed in between. What is not said here is SoleProducer's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "queue/wait.hpp"
#include "ring/copy.hpp"
#include "ring/lean_slots.hpp"
#include "ring/sole_producer.hpp"

namespace tally::ring {

class alignas(kApartBytes) LeanProducer : public SoleProducer {
 public:
  // As Producer::open(); options.form may be left out.
  [[nodiscard]] static Result<LeanProducer> open(const std::string& name, Options options = {});

  // Copies a record in and publishes it. Returns false when the ring is full, and counts nothing as
  // lost. Pre: payload.size() <= payload_bytes(); a larger one is refused with false.
  bool try_push(ByteView payload);

  // The same by the `full` policy, as Producer::push().
  PushResult push(ByteView payload, std::uint64_t deadline_ns = queue::kForeverNs);

  // Many at a time: put() is try_push() without what a batch costs once, which commit() does: one
  // cursor store and at most one wake. A reader that polls has each record at once, one that sleeps
  // hears of it with commit(), and a killed producer's successor goes on behind the last one put.
  bool put(ByteView payload);
  void commit();

 private:
  LeanProducer(Region region, const Options& options);
  // A record into the slot of `position`, which is the next. False as try_push().
  bool store(std::uint64_t position, ByteView payload);

  LeanSlots slots_;
  std::uint64_t put_ = 0;  // since the last commit()
  std::uint64_t put_bytes_ = 0;
};

// Inlined by force, all, for a length that the caller knows.
[[gnu::always_inline]] inline bool LeanProducer::store(std::uint64_t position, ByteView payload) {
  const LeanSlots slots = slots_;
  if (payload.size() > slots.payload_bytes) return false;
  if (position - head_seen_ >= slots.capacity) [[unlikely]] {
    if (look_for_room(put_ + 1) <= put_) return false;
  }
  std::atomic<std::uint64_t>& word = slots.word(position);
  copy_payload(slots.payload(position), payload.data(), payload.size());
  // Release: the payload is written before its word says so.
  word.store(lean_word(position, static_cast<std::uint32_t>(payload.size())),
             std::memory_order_release);
  return true;
}

[[gnu::always_inline]] inline bool LeanProducer::try_push(ByteView payload) {
  if (put_ != 0) [[unlikely]]
    commit();
  const std::uint64_t tail = tail_;
  if (!store(tail, payload)) return false;
  publish_tail(tail, 1, payload.size());
  return true;
}

[[gnu::always_inline]] inline bool LeanProducer::put(ByteView payload) {
  if (!store(tail_ + put_, payload)) return false;
  ++put_;
  put_bytes_ += payload.size();
  return true;
}

[[gnu::always_inline]] inline void LeanProducer::commit() {
  if (put_ == 0) return;
  const std::uint64_t records = put_;
  const std::uint64_t bytes = put_bytes_;
  put_ = 0;
  put_bytes_ = 0;
  publish_tail(tail_, records, bytes);
}

}  // namespace tally::ring
