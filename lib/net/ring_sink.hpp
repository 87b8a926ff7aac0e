// Shared-memory rings as sinks. A payload is copied once, into the ring, where time_ns is when it
// was published. A batch becomes visible at once.
#pragma once

#include <cstddef>
#include <cstdint>

#include "net/source.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/lean_producer.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"

namespace tally::net {

// What the sinks of rings that fill up do alike. End is the side that gives records.
template <typename End>
class AnyRingSink : public Sink {
 public:
  Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) final;
  Status close(std::uint64_t deadline_ns) override;

 protected:
  AnyRingSink(End end, ring::Full full) : end_(std::move(end)), full_(full) {}

  struct Published {
    std::size_t count = 0;  // of records at the front: published, or too long
    // Why the next one was not.
    ring::PushResult stopped_by = ring::PushResult::full;
  };
  // Copies records from the front into the ring.
  [[nodiscard]] virtual Published publish(std::span<const Record> records) = 0;
  // Until there is room for this record.
  [[nodiscard]] virtual ring::PushResult wait_for(const Record& record,
                                                  std::uint64_t deadline_ns) = 0;

  End end_;

 private:
  ring::Full full_;
};

// Of slots, which one producer has or many share; who takes them makes no difference.
template <typename End>
class SlotSink final : public AnyRingSink<End> {
 public:
  SlotSink(End producer, ring::Full full);

 private:
  using typename AnyRingSink<End>::Published;
  using AnyRingSink<End>::end_;
  using Sink::counts_;
  [[nodiscard]] Published publish(std::span<const Record> records) override;
  [[nodiscard]] ring::PushResult wait_for(const Record& record, std::uint64_t deadline_ns) override;
};

using RingSink = SlotSink<ring::Producer>;
using MpscRingSink = SlotSink<ring::MpscProducer>;

// Of a lean ring: the payloads alone.
class LeanRingSink final : public AnyRingSink<ring::LeanProducer> {
 public:
  LeanRingSink(ring::LeanProducer producer, ring::Full full);

 private:
  [[nodiscard]] Published publish(std::span<const Record> records) override;
  [[nodiscard]] ring::PushResult wait_for(const Record& record, std::uint64_t deadline_ns) override;
};

// Of a ring of variable records, each behind the prefix of ring_common.hpp.
class ByteRingSink final : public AnyRingSink<ring::ByteProducer> {
 public:
  ByteRingSink(ring::ByteProducer producer, ring::Full full);

 private:
  [[nodiscard]] Published publish(std::span<const Record> records) override;
  [[nodiscard]] ring::PushResult wait_for(const Record& record, std::uint64_t deadline_ns) override;
};

// Of a broadcast, whose records look like those of a ring of bytes. Waits, or drops, only where it
// was told to. Records that were overwritten before any reader had come are known, and counted,
// when it closes.
class BroadcastSink final : public AnyRingSink<ring::BroadcastProducer> {
 public:
  BroadcastSink(ring::BroadcastProducer producer, ring::Full full);

  Status close(std::uint64_t deadline_ns) override;

 private:
  [[nodiscard]] Published publish(std::span<const Record> records) override;
  [[nodiscard]] ring::PushResult wait_for(const Record& record, std::uint64_t deadline_ns) override;
  void count_dead_readers();

  std::uint64_t passed_before_;  // by producers before this one
};

}  // namespace tally::net
