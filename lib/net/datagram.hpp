// Datagrams in and out by recvmmsg() and sendmmsg(): the engine that every kernel has, and the one
// with the lowest latency for one packet at a time, since a receive from a queue that has something
// is a single call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include "net/socket.hpp"
#include "net/source.hpp"
#include "net/wait.hpp"

namespace tally::net {

inline constexpr std::size_t kBatch = 64;

// Payload buffers of one batch, a little apart from powers of two so that the starts of all do not
// fall into the same cache sets. Memory that no datagram reaches is never touched.
class BatchBuffers {
 public:
  BatchBuffers(std::size_t count, std::size_t bytes)
      : stride_(bytes + kApart), memory_(new std::uint8_t[count * stride_]) {}

  [[nodiscard]] std::uint8_t* at(std::size_t index) { return memory_.get() + index * stride_; }

 private:
  static constexpr std::size_t kApart = 192;
  std::size_t stride_;
  std::unique_ptr<std::uint8_t[]> memory_;
};

// The kernel's drop counter of one socket, followed across its wrap at 2^32.
class DropCounter {
 public:
  explicit DropCounter(int fd) : fd_(fd), last_(kernel_drops(fd)) {}
  // Drops since construction, until freeze().
  [[nodiscard]] std::uint64_t read();
  // From here on the counter stands: what a stopped socket rejects is not lost by us.
  void freeze();

 private:
  int fd_;
  std::uint32_t last_;
  std::uint64_t total_ = 0;
  bool frozen_ = false;
};

// Receives on a bound socket. Sequence numbers count from 1 in the order of arrival; time_ns is
// CLOCK_MONOTONIC when the batch was taken from the socket.
class DatagramSource final : public Source {
 public:
  // `bytes`: the longest datagram accepted; longer ones are dropped and counted as truncated.
  DatagramSource(Socket socket, std::size_t bytes, Idle idle);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void stop() override;
  SourceCounts counts() override;

  // What is queued, without waiting; Flow::end when there is nothing.
  [[nodiscard]] Pulled take(std::span<Record> out);

  // For an engine that receives on the same socket by other means: its numbers go on here.
  void continue_from(std::uint64_t sequence, const SourceCounts& counts);
  // For an engine that turns out not to work. Nothing else may be called afterwards.
  [[nodiscard]] Socket release_socket() { return std::move(socket_); }

 private:
  [[nodiscard]] std::size_t collect(std::span<Record> out, std::size_t count);
  [[nodiscard]] Pulled handle_failure(int os_errno);

  Socket socket_;
  BatchBuffers buffers_;
  std::array<iovec, kBatch> vectors_{};
  std::array<mmsghdr, kBatch> messages_{};
  SpinBudget spin_;
  DropCounter drops_;
  std::uint64_t sequence_ = 0;
  bool stopped_ = false;
};

// Sends on a connected socket. A full send buffer is waited for. Runs of datagrams of one length go
// to the kernel as one UDP_SEGMENT send where it takes them: one walk through the protocol stack
// instead of many, and what arrives is the same.
class DatagramSink final : public Sink {
 public:
  DatagramSink(Socket socket, bool udp);

  Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) override;
  Status close(std::uint64_t deadline_ns) override;

  [[nodiscard]] int fd() const { return socket_.fd.get(); }

 private:
  enum class Step { progress, blocked, failed };
  [[nodiscard]] std::size_t prepare(std::span<const Record> records);
  [[nodiscard]] Step send_some(std::span<const Record> records, std::size_t& done);
  [[nodiscard]] Step handle_failure(int os_errno, std::size_t& done);
  void count_sent(std::span<const Record> records);

  // One message to the kernel: `count` records from the front of what is left.
  struct Control {
    alignas(cmsghdr) std::array<std::uint8_t, CMSG_SPACE(sizeof(std::uint16_t))> bytes{};
  };

  Socket socket_;
  bool udp_;
  bool segment_;  // UDP_SEGMENT is worth trying
  std::array<iovec, kBatch> vectors_{};
  std::array<mmsghdr, kBatch> messages_{};
  std::array<Control, kBatch> controls_{};
  std::array<std::size_t, kBatch> run_lengths_{};
};

}  // namespace tally::net
