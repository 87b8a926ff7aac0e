// Takes records out of a byte stream that arrives in pieces of any size. It owns one buffer of
// 256 KiB, made at construction; nothing else is allocated until an error. One thread.
//
//   while (step == Step::need_more) { n = read(fd, decoder.space()); decoder.filled(n); ... }
//
// Payloads are views into the buffer, and hold until the next call of space().
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "net/frame.hpp"
#include "net/record.hpp"

namespace tally::net {

class FrameDecoder {
 public:
  enum class Step {
    record,     // one was taken out
    need_more,  // the next is not whole yet
    end,        // end_input() was called, and everything has been taken out
    failed,     // the stream is malformed, error() says where; for good
  };

  explicit FrameDecoder(Framing framing);

  // Where to read to, 64 KiB at least; then how much of it was read. Ends the life of payloads.
  [[nodiscard]] MutableByteView space();
  void filled(std::size_t bytes);
  // No more will come. A frame that is cut off is an error from then on; a last line without
  // newline is not.
  void end_input() { ended_ = true; }

  // Sequence numbers of `line` and `hex`, and of jsonl lines without one, count from 1. time_ns is
  // 0 where the framing does not carry it.
  [[nodiscard]] Step next(Record& out);

  // Bytes that were read and belong to no record yet.
  [[nodiscard]] std::size_t pending_bytes() const { return end_ - begin_; }
  // bad_data, with "frame at byte N: " or "line N: " before it.
  [[nodiscard]] const Error& error() const { return error_; }

 private:
  [[nodiscard]] Step next_rec(Record& out);
  [[nodiscard]] Step next_line(Record& out);
  [[nodiscard]] Step parse_line(MutableByteView line, Record& out);
  [[nodiscard]] std::size_t longest_line() const;
  Step fail_frame(const Error& error);
  Step fail_line(std::string message);
  Step cut_off(std::size_t missing_bytes);
  void consume(std::size_t bytes);

  Framing framing_;
  Bytes buffer_;
  std::size_t begin_ = 0;     // first byte not taken out
  std::size_t end_ = 0;       // behind the last byte read
  std::size_t scanned_ = 0;   // bytes from begin_ on that hold no newline
  std::uint64_t offset_ = 0;  // place of begin_ in the stream
  std::uint64_t lines_ = 0;
  std::uint64_t sequence_ = 0;
  bool ended_ = false;
  bool failed_ = false;
  Error error_;
};

}  // namespace tally::net
