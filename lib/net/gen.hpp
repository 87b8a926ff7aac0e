// Records made up, for tests and demonstrations: gen:count=N,rate=R,bytes=B,window=W,timeout=T.
// The payload begins with the sequence number (8 bytes, little-endian) and the time it was made
// (8 bytes, CLOCK_MONOTONIC in ns), as far as it is long enough, and goes on with
// (sequence + place) modulo 256.
#pragma once

#include <cstdint>
#include <vector>

#include "net/datagram.hpp"
#include "net/endpoint.hpp"
#include "net/source.hpp"

namespace tally::net {

struct GenOptions {
  std::uint64_t count = 10'000;  // 0: without end
  std::uint64_t rate = 0;        // records a second on an absolute schedule; 0: as fast as they go
  std::uint64_t bytes = 64;
  // At most so many unanswered at a time; 0: answers are not awaited. A reply is any datagram that
  // comes back to the sending socket. When none comes for timeout_ns, those in flight are counted
  // as replies_missing and the window opens again.
  std::uint64_t window = 0;
  std::uint64_t timeout_ns = 1'000'000'000;
};

// Errors: usage.
[[nodiscard]] Result<GenOptions> gen_options(const Endpoint& endpoint);

class GenSource final : public Source {
 public:
  // `reply_fd`: the sink's socket, borrowed, when there is a window; else -1.
  GenSource(const GenOptions& options, int reply_fd);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void stop() override { stopped_ = true; }
  std::span<const std::uint64_t> take_round_trips() override;

 private:
  [[nodiscard]] std::uint64_t wanted(std::size_t room, std::uint64_t now_ns) const;
  [[nodiscard]] bool is_finished() const;
  void make(Record& record, std::size_t index, std::uint64_t now_ns);
  void take_replies();
  [[nodiscard]] std::uint64_t next_due_ns() const;
  void wait(std::uint64_t deadline_ns);
  void write_off(std::uint64_t now_ns);

  GenOptions options_;
  int reply_fd_;
  BatchBuffers buffers_;
  std::uint64_t start_ns_ = 0;
  std::uint64_t made_ = 0;
  std::uint64_t in_flight_ = 0;
  std::uint64_t last_progress_ns_ = 0;
  std::vector<std::uint64_t> round_trips_;  // since take_round_trips()
  std::vector<std::uint64_t> taken_;        // what the last call of it showed
  bool stopped_ = false;
};

// Counts and forgets.
class NullSink final : public Sink {
 public:
  Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) override;
  Status close(std::uint64_t) override { return {}; }
};

}  // namespace tally::net
