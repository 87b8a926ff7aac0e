// A non-blocking stream socket with a buffer for each direction: what is sent in one turn of an
// event loop leaves in one system call, because waking the other side costs more than the bytes.
// One thread. Allocates its receive buffer at construction; the send buffer grows to its largest
// use.
#pragma once

#include "core/bytes.hpp"
#include "core/fd.hpp"

namespace tally::sign {

class Stream {
 public:
  explicit Stream(UniqueFd fd);

  [[nodiscard]] int fd() const { return fd_.get(); }

  // Reads what has arrived, as far as it fits. False when the other side has closed or the
  // connection failed; what was received before is still there.
  [[nodiscard]] bool receive();
  [[nodiscard]] ByteView received() const { return ByteView(in_).subspan(begin_, end_ - begin_); }
  void consume(std::size_t bytes) { begin_ += bytes; }

  // Append here, then flush(). False when the connection failed; sending() tells whether bytes are
  // left for when the socket takes more.
  [[nodiscard]] Bytes& out() { return out_; }
  [[nodiscard]] bool flush();
  [[nodiscard]] bool sending() const { return sent_ < out_.size(); }
  [[nodiscard]] std::size_t unsent_bytes() const { return out_.size() - sent_; }

 private:
  UniqueFd fd_;
  Bytes in_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  Bytes out_;
  std::size_t sent_ = 0;
};

}  // namespace tally::sign
