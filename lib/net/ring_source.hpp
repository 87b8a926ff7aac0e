// Shared-memory rings as sources. Payloads of a ring are read where they lie in it, those of a
// broadcast are copied out. The sequence number travels, and time_ns is when the record was
// published, but for a lean ring.
//
// After stop() a source goes on until the producer has closed, or nothing came for 100 ms, so that
// a chain whose parts are all told to stop at once passes on what is in it. Records that were not
// settled stay for a successor while the producer is there; when nobody is, they go with the ring.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "net/source.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/consumer.hpp"
#include "ring/lean_consumer.hpp"
#include "ring/spmc_consumer.hpp"

namespace tally::net {

// When a ring that was told to stop has been quiet for long enough to be left.
class RingQuiet {
 public:
  void stop() { stopped_ = true; }
  void heard() { since_ns_ = 0; }
  // Whether it is time to leave; otherwise `deadline_ns` becomes no later than that time.
  [[nodiscard]] bool is_over(std::uint64_t& deadline_ns);

 private:
  bool stopped_ = false;
  std::uint64_t since_ns_ = 0;
};

// What the sources of all rings do alike. End is the side that takes records.
template <typename End>
class AnyRingSource : public Source {
 public:
  std::size_t leave(std::size_t unsettled) final;
  void stop() final { quiet_.stop(); }

 protected:
  explicit AnyRingSource(End end) : end_(std::move(end)) {}

  // `look` says how many records it found; it looks once more when a wait has ended well.
  template <typename Look>
  [[nodiscard]] Pulled find(Look look, std::uint64_t deadline_ns);
  // The records that were found are given out.
  Pulled give(std::size_t count);
  // Of records that nobody keeps: how many were published and never given out.
  [[nodiscard]] virtual std::uint64_t count_unread(std::size_t unsettled) const = 0;
  // Whether somebody is there to whom the ring's records are left.
  [[nodiscard]] virtual bool is_kept() const { return end_.peer() == ring::Peer::alive; }
  // Of records that are left to somebody: how many of the unsettled ones a successor will find.
  [[nodiscard]] virtual std::size_t count_kept(std::size_t unsettled) { return unsettled; }
  // Which of the records given last are settled now: at most `count`, behind those that were.
  struct Settled {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  [[nodiscard]] Settled take_back(std::size_t count);

  End end_;
  std::size_t given_ = 0;    // and not settled
  std::size_t settled_ = 0;  // of the records given last

 private:
  [[nodiscard]] Pulled wait(std::uint64_t deadline_ns);

  RingQuiet quiet_;
};

// Of slots, which one consumer has or many share.
template <typename End>
class SlotSource : public AnyRingSource<End> {
 public:
  explicit SlotSource(End consumer) : AnyRingSource<End>(std::move(consumer)) {}

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void settle(std::size_t count) override;

 protected:
  using AnyRingSource<End>::end_;
  using AnyRingSource<End>::given_;
  using Source::counts_;
  [[nodiscard]] std::uint64_t count_unread(std::size_t unsettled) const override;
};

using RingSource = SlotSource<ring::Consumer>;

// Of a lean ring, whose records have no time: they get that of the pull. Their sequence numbers are
// their positions in the ring.
class LeanRingSource final : public SlotSource<ring::LeanConsumer> {
 public:
  using SlotSource::SlotSource;

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
};

// Of many consumers. What was given and not settled when this one leaves is for nobody else: the
// ring counts it as in doubt.
class SpmcRingSource final : public SlotSource<ring::SpmcConsumer> {
 public:
  using SlotSource::SlotSource;

  [[nodiscard]] SourceCounts counts() override;

 private:
  // Of several that leave at once, the one that removes the ring knows what goes with it.
  [[nodiscard]] bool is_kept() const override { return true; }
  [[nodiscard]] std::size_t count_kept(std::size_t unsettled) override;
};

// Of a ring of variable records, each behind the prefix of ring_common.hpp.
class ByteRingSource final : public AnyRingSource<ring::ByteConsumer> {
 public:
  explicit ByteRingSource(ring::ByteConsumer consumer);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void settle(std::size_t count) override;

 private:
  [[nodiscard]] std::uint64_t count_unread(std::size_t unsettled) const override;

  std::vector<ring::ByteRecord> peeked_;  // grows to the largest batch asked for
};

// Of a broadcast, whose records look like those of a ring of bytes. What was overwritten before
// this source came to it is counted, and a source that leaves in an orderly way keeps nothing for a
// successor, which begins with the oldest record that is there, or behind the newest where the
// producer waits for its readers.
class BroadcastSource final : public AnyRingSource<ring::BroadcastReader> {
 public:
  explicit BroadcastSource(ring::BroadcastReader reader);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void settle(std::size_t count) override;

 private:
  [[nodiscard]] std::uint64_t count_unread(std::size_t unsettled) const override;
  [[nodiscard]] std::size_t count_kept(std::size_t unsettled) override;

  std::size_t room_bytes_;
  std::unique_ptr<std::uint8_t[]> room_;         // a batch, or the largest record
  std::vector<ring::BroadcastRecord> records_;   // grows to the largest batch asked for
  std::span<const ring::BroadcastRecord> last_;  // given last
  std::uint64_t lost_before_;                    // by a predecessor that was killed
  std::uint64_t next_number_;                    // behind the last record given
};

}  // namespace tally::net
