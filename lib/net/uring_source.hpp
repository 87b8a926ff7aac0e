// Datagrams in by io_uring: one multishot receive that stays armed, into buffers that the kernel
// picks by itself. A busy socket costs one call for many datagrams, a quiet one a single call that
// waits and fetches.
//
// There is no io_uring sink: for one socket, a sendmmsg() of UDP_SEGMENT runs costs less a packet
// than submitted sends do, and a batch of independent sends would change the order when one of them
// finds the socket full.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "net/datagram.hpp"
#include "net/source.hpp"
#include "net/uring.hpp"
#include "net/wait.hpp"

namespace tally::net {

class UringSource final : public Source {
 public:
  // As DatagramSource. Takes the socket only when it succeeds. Errors: unavailable when the kernel
  // lacks io_uring, provided buffers (5.19) or multishot receives (6.0).
  [[nodiscard]] static Result<std::unique_ptr<UringSource>> open(Socket& socket, std::size_t bytes,
                                                                 Idle idle);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void stop() override;
  SourceCounts counts() override;

  [[nodiscard]] std::string_view mode() const { return ring_->mode(); }

 private:
  UringSource(Socket socket, std::size_t bytes, Idle idle, std::unique_ptr<Uring> ring,
              ProvidedBuffers buffers);
  void arm();
  [[nodiscard]] Pulled reap(std::span<Record> out);
  [[nodiscard]] bool take(const io_uring_cqe& completion, std::uint64_t now_ns, Record& record);
  void note_failure(const io_uring_cqe& completion);
  [[nodiscard]] bool spin(std::uint64_t deadline_ns);
  void wait(std::uint64_t deadline_ns);
  void give_back();
  [[nodiscard]] Pulled drain(std::span<Record> out);

  // Owns the socket, and empties it after stop(). Before the ring, so that it goes after it.
  DatagramSource plain_;
  std::unique_ptr<Uring> ring_;
  ProvidedBuffers buffers_;
  msghdr shape_{};  // of every received message: no address, no control data
  SpinBudget spin_;
  std::array<std::uint16_t, kBatch> held_{};  // buffers of the records given out
  std::size_t held_count_ = 0;
  std::uint64_t sequence_ = 0;
  bool armed_ = false;
  bool stopped_ = false;
  bool draining_ = false;
  int failure_ = 0;
};

}  // namespace tally::net
