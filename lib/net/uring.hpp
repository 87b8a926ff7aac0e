// One io_uring, set up as well as the kernel allows, found by trying, never by version number:
//   defer   SINGLE_ISSUER | DEFER_TASKRUN | TASKRUN_FLAG: completions are made in this thread's own
//           calls, and a flag in shared memory says when a call is due (Linux 6.1)
//   coop    COOP_TASKRUN | TASKRUN_FLAG (Linux 5.19)
//   plain   no flags
// The ring belongs to the thread that opened it. Source: io_uring_setup(2), io_uring_register(2).
#pragma once

#include <cstddef>
#include <cstdint>
#include <liburing.h>
#include <memory>
#include <string_view>

#include "core/result.hpp"

namespace tally::net {

class Uring {
 public:
  // `entries` submissions, `completions` completions; both are rounded up to powers of two.
  // Errors: unavailable, with the remedy, when io_uring is switched off or filtered away.
  [[nodiscard]] static Result<std::unique_ptr<Uring>> open(unsigned entries, unsigned completions);

  Uring(const Uring&) = delete;
  Uring& operator=(const Uring&) = delete;
  // Cancels everything and collects what that completes, before it closes. Without, the kernel
  // keeps the files of pending requests for tens of milliseconds, and with them a port bound.
  ~Uring();

  [[nodiscard]] io_uring* get() { return &ring_; }
  [[nodiscard]] std::string_view mode() const { return mode_; }

  // Makes `fd` the ring's file 0, which saves the kernel a look-up and a count a request.
  [[nodiscard]] Status register_file(int fd);
  // Ends every pending request; their completions can be reaped afterwards.
  void cancel_all();
  // Whether completions wait that a call must fetch.
  [[nodiscard]] bool call_is_due() const;

 private:
  Uring() = default;

  io_uring ring_{};
  std::string_view mode_;
};

struct UnmapBufferRing {
  std::size_t bytes = 0;
  void operator()(io_uring_buf_ring* ring) const;
};

// Buffers that the kernel picks from by itself, as one group of a ring.
class ProvidedBuffers {
 public:
  // `count` a power of two up to 32768. Errors: unavailable before Linux 5.19.
  [[nodiscard]] static Result<ProvidedBuffers> make(Uring& ring, unsigned count, std::size_t bytes,
                                                    unsigned group);
  ProvidedBuffers(ProvidedBuffers&&) noexcept = default;
  ProvidedBuffers& operator=(ProvidedBuffers&&) noexcept = default;

  [[nodiscard]] std::uint8_t* at(unsigned index) const { return memory_.get() + index * stride_; }
  [[nodiscard]] unsigned group() const { return group_; }
  // Gives a buffer back; the kernel sees it after publish().
  void recycle(unsigned index);
  void publish();

 private:
  ProvidedBuffers() = default;

  std::unique_ptr<io_uring_buf_ring, UnmapBufferRing> ring_;
  std::unique_ptr<std::uint8_t[]> memory_;
  std::size_t stride_ = 0;
  std::size_t bytes_ = 0;
  unsigned count_ = 0;
  unsigned group_ = 0;
  int given_back_ = 0;
};

}  // namespace tally::net
