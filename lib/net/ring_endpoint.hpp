// Shared-memory rings as source and sink. Payloads are read where they lie in the ring, and copied
// once into it. The sequence number travels; time_ns in a ring is when the record was published.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "net/endpoint.hpp"
#include "net/source.hpp"
#include "ring/consumer.hpp"
#include "ring/producer.hpp"

namespace tally::net {

// After stop() it goes on until the producer has closed, or nothing came for 100 ms, so that a
// chain whose parts are all told to stop at once passes on what is in it. Records that were not
// settled stay for a successor while the producer is there; when nobody is, they go with the ring.
class RingSource final : public Source {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RingSource>> open(const Endpoint& endpoint);
  explicit RingSource(ring::Consumer consumer);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void settle(std::size_t count) override;
  std::size_t leave(std::size_t unsettled) override;
  void stop() override;

 private:
  [[nodiscard]] Pulled wait(std::uint64_t deadline_ns);

  ring::Consumer consumer_;
  std::size_t given_ = 0;
  bool stopped_ = false;
  std::uint64_t quiet_since_ns_ = 0;
};

class RingSink final : public Sink {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RingSink>> open(const Endpoint& endpoint);
  RingSink(ring::Producer producer, ring::Full full);

  Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) override;
  Status close(std::uint64_t deadline_ns) override;

 private:
  [[nodiscard]] std::size_t publish(std::span<const Record> records);
  [[nodiscard]] Error gone(ring::PushResult result) const;

  ring::Producer producer_;
  ring::Full full_;
};

}  // namespace tally::net
