// Shared-memory rings as source and sink. Payloads are read where they lie in the ring, and copied
// once into it. The sequence number travels; time_ns in a ring is when the record was published.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "net/endpoint.hpp"
#include "net/source.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/consumer.hpp"
#include "ring/producer.hpp"

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

// After stop() it goes on until the producer has closed, or nothing came for 100 ms, so that a
// chain whose parts are all told to stop at once passes on what is in it. Records that were not
// settled stay for a successor while the producer is there; when nobody is, they go with the ring.
class RingSource final : public Source {
 public:
  explicit RingSource(ring::Consumer consumer);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void settle(std::size_t count) override;
  std::size_t leave(std::size_t unsettled) override;
  void stop() override { quiet_.stop(); }

 private:
  [[nodiscard]] Pulled wait(std::uint64_t deadline_ns);

  ring::Consumer consumer_;
  std::size_t given_ = 0;
  RingQuiet quiet_;
};

// The same of a ring of variable records. Behind its header in the ring, a record has its sequence
// number and its time, 16 bytes little-endian; the header's type is the source.
class ByteRingSource final : public Source {
 public:
  explicit ByteRingSource(ring::ByteConsumer consumer);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void settle(std::size_t count) override;
  std::size_t leave(std::size_t unsettled) override;
  void stop() override { quiet_.stop(); }

 private:
  [[nodiscard]] Pulled wait(std::uint64_t deadline_ns);

  ring::ByteConsumer consumer_;
  std::vector<ring::ByteRecord> peeked_;  // grows to the largest batch asked for
  std::size_t given_ = 0;
  RingQuiet quiet_;
};

class ByteRingSink final : public Sink {
 public:
  ByteRingSink(ring::ByteProducer producer, ring::Full full);

  Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) override;
  Status close(std::uint64_t deadline_ns) override;

 private:
  [[nodiscard]] std::size_t publish(std::span<const Record> records);

  ring::ByteProducer producer_;
  ring::Full full_;
};

// The same of a broadcast, whose records look like those of a ring of bytes. They are copied out;
// what was overwritten before this source came to it is counted, and a source that leaves in an
// orderly way keeps nothing for a successor, which begins with the oldest record that is there.
class BroadcastSource final : public Source {
 public:
  explicit BroadcastSource(ring::BroadcastReader reader);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void settle(std::size_t count) override;
  std::size_t leave(std::size_t unsettled) override;
  void stop() override { quiet_.stop(); }

 private:
  [[nodiscard]] Pulled wait(std::uint64_t deadline_ns);

  ring::BroadcastReader reader_;
  std::size_t room_bytes_;
  std::unique_ptr<std::uint8_t[]> room_;        // a batch, or the largest record
  std::vector<ring::BroadcastRecord> records_;  // grows to the largest batch asked for
  std::uint64_t lost_before_;                   // by a predecessor that was killed
  std::size_t given_ = 0;
  RingQuiet quiet_;
};

// Never waits. Records that were overwritten before any reader had come are known, and counted,
// when it closes.
class BroadcastSink final : public Sink {
 public:
  explicit BroadcastSink(ring::BroadcastProducer producer);

  Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) override;
  Status close(std::uint64_t deadline_ns) override;

 private:
  ring::BroadcastProducer producer_;
};

// Opens shm:NAME or memfd:PATH as what its kind says; where no kind is asked for, a named ring as
// what it is, and any other as slots. The pages of a ring that asked for some, or has no name by
// which they could be looked up, are put into `notes`.
[[nodiscard]] Result<std::unique_ptr<Source>> open_ring_source(const Endpoint& endpoint,
                                                               std::vector<std::string>& notes);
[[nodiscard]] Result<std::unique_ptr<Sink>> open_ring_sink(const Endpoint& endpoint,
                                                           std::vector<std::string>& notes);

class RingSink final : public Sink {
 public:
  RingSink(ring::Producer producer, ring::Full full);

  Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) override;
  Status close(std::uint64_t deadline_ns) override;

 private:
  [[nodiscard]] std::size_t publish(std::span<const Record> records);

  ring::Producer producer_;
  ring::Full full_;
};

}  // namespace tally::net
