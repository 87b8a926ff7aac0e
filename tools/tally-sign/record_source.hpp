// Where a coordinator takes its records from. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/fd.hpp"
#include "core/result.hpp"
#include "net/frame_decoder.hpp"
#include "net/record.hpp"

namespace tally::sign {

class RecordSource {
 public:
  RecordSource() = default;
  RecordSource(const RecordSource&) = delete;
  RecordSource& operator=(const RecordSource&) = delete;
  virtual ~RecordSource() = default;

  // The next record, if there is one now; its payload holds until the next call.
  [[nodiscard]] virtual bool try_next(net::Record& out) = 0;
  // Nothing will come any more; then, whether that is as it should be.
  [[nodiscard]] virtual bool ended() const = 0;
  [[nodiscard]] virtual Status end_status() const = 0;
  // `count` more records, the oldest ones, are dealt with.
  virtual void settle(std::size_t count) = 0;
  // What becomes of records that were taken and never settled.
  [[nodiscard]] virtual std::string fate_of_unsettled() const = 0;

  // A descriptor that is readable when there may be a record; -1 when there is none, and then
  // idle() sleeps until a record comes, at most until the deadline.
  [[nodiscard]] virtual int poll_fd() const = 0;
  virtual void idle(std::uint64_t deadline_ns) = 0;
  // Time stamps of its records are those of their publication in a ring.
  [[nodiscard]] virtual bool is_ring() const = 0;
};

// Records of one framing from a descriptor: standard input. What is taken is gone from there.
class StreamSource final : public RecordSource {
 public:
  // Does not own `fd`, and leaves its flags alone: it reads only when poll() says so.
  StreamSource(int fd, net::Framing framing) : fd_(fd), decoder_(framing) {}

  [[nodiscard]] bool try_next(net::Record& out) override;
  [[nodiscard]] bool ended() const override { return ended_; }
  [[nodiscard]] Status end_status() const override;
  void settle(std::size_t) override {}
  [[nodiscard]] std::string fate_of_unsettled() const override { return "are lost"; }
  [[nodiscard]] int poll_fd() const override { return fd_; }
  void idle(std::uint64_t) override {}
  [[nodiscard]] bool is_ring() const override { return false; }

 private:
  [[nodiscard]] bool read_some();

  int fd_;
  net::FrameDecoder decoder_;
  bool ended_ = false;
  Error error_{Code::ok, {}, {}, 0};
};

// One message.
class SingleSource final : public RecordSource {
 public:
  explicit SingleSource(std::string message) : message_(std::move(message)) {}

  [[nodiscard]] bool try_next(net::Record& out) override;
  [[nodiscard]] bool ended() const override { return taken_; }
  [[nodiscard]] Status end_status() const override { return {}; }
  void settle(std::size_t) override {}
  [[nodiscard]] std::string fate_of_unsettled() const override { return "are lost"; }
  [[nodiscard]] int poll_fd() const override { return -1; }
  void idle(std::uint64_t) override {}
  [[nodiscard]] bool is_ring() const override { return false; }

 private:
  std::string message_;
  bool taken_ = false;
};

}  // namespace tally::sign
