// Rings as the coordinator's ends. A record stays in its ring until its signature is out, so that a
// coordinator that is killed or gives up leaves it to its successor. One thread.
#pragma once

#include "record_sink.hpp"
#include "record_source.hpp"
#include "ring/consumer.hpp"
#include "ring/producer.hpp"

namespace tally::sign {

class RingSource final : public RecordSource {
 public:
  explicit RingSource(ring::Consumer consumer) : consumer_(std::move(consumer)) {}

  [[nodiscard]] bool try_next(net::Record& out) override;
  [[nodiscard]] bool ended() const override { return ended_; }
  [[nodiscard]] Status end_status() const override;
  void settle(std::size_t count) override;
  [[nodiscard]] std::string fate_of_unsettled() const override {
    return "stay in ring " + consumer_.name() + " for the next coordinator";
  }
  [[nodiscard]] int poll_fd() const override { return -1; }
  void idle(std::uint64_t deadline_ns) override;
  [[nodiscard]] bool is_ring() const override { return true; }

 private:
  ring::Consumer consumer_;
  std::size_t taken_ = 0;      // given out and not settled, from the ring's head on
  std::size_t available_ = 0;  // seen by the last look
  bool ended_ = false;
  ring::PopResult end_ = ring::PopResult::ok;
};

class RingSink final : public RecordSink {
 public:
  explicit RingSink(ring::Producer producer) : producer_(std::move(producer)) {}

  [[nodiscard]] std::size_t longest_payload() const override;
  [[nodiscard]] Result<bool> try_publish(const SignedRecord& signed_record) override;
  [[nodiscard]] Status flush() override;

 private:
  [[nodiscard]] Status check_peer();

  ring::Producer producer_;
  std::size_t claimed_ = 0;
  std::size_t filled_ = 0;
};

}  // namespace tally::sign
