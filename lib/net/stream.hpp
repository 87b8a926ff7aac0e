// Framed records from and to byte streams: standard input and output, files, pipes, devices. The
// flags of a descriptor that others share are never changed, so a terminal or a shell's pipe is
// afterwards as it was.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "net/endpoint.hpp"
#include "net/frame.hpp"
#include "net/frame_decoder.hpp"
#include "net/source.hpp"

namespace tally::net {

// Errors: no_input or permission when the file cannot be opened.
[[nodiscard]] Result<UniqueFd> open_input_file(const Endpoint& endpoint);

// open=create (the default) takes a new or empty file, open=append adds to one, open=replace cuts
// it. Pipes and devices are taken as they are. Errors: cannot_create, also for a file that holds
// something; permission.
[[nodiscard]] Result<UniqueFd> open_output_file(const Endpoint& endpoint);

// Reads until the end of input. After stop() it takes what a pipe holds at that moment and no more.
class StreamSource final : public Source {
 public:
  // `fd` is borrowed when `owned` is empty. `name` is for messages.
  StreamSource(int fd, UniqueFd owned, std::string name, Framing framing);

  Pulled pull(std::span<Record> out, std::uint64_t deadline_ns) override;
  void stop() override;

 private:
  [[nodiscard]] Pulled decode(std::span<Record> out);
  [[nodiscard]] bool read_more();

  int fd_;
  UniqueFd owned_;
  std::string name_;
  FrameDecoder decoder_;
  FrameDecoder::Step last_ = FrameDecoder::Step::need_more;
  bool stopped_ = false;
  std::size_t unread_at_stop_ = 0;
  int read_errno_ = 0;
};

// Writes whole batches; a record is sent when its last byte was taken by the kernel.
class StreamSink final : public Sink {
 public:
  StreamSink(int fd, UniqueFd owned, std::string name, Framing framing);

  Pushed push(std::span<const Record> records, std::uint64_t deadline_ns) override;
  Status close(std::uint64_t deadline_ns) override;

 private:
  enum class Step { done, blocked, failed };
  struct Mark {
    std::size_t end = 0;  // of the record, in pending_
    std::size_t payload_bytes = 0;
  };
  [[nodiscard]] Step flush(std::uint64_t deadline_ns);
  [[nodiscard]] long write_some();
  [[nodiscard]] Pushed refuse(const Record& record, std::size_t count);
  void settle();
  void give_up();

  int fd_;
  UniqueFd owned_;
  std::string name_;
  Framing framing_;
  bool socket_ = false;
  bool waits_inside_ = false;  // write() may block although poll() said ready
  Bytes pending_;
  std::vector<Mark> marks_;
  std::size_t written_ = 0;  // of pending_
  std::size_t settled_ = 0;  // of marks_
};

}  // namespace tally::net
