#include "net/stream.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "net/wait.hpp"

namespace tally::net {
namespace {

// How much is encoded before it is written: one large write each for a burst.
constexpr std::size_t kPendingBytes = std::size_t{128} << 10U;

bool is_kind(int fd, mode_t kind) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == kind;
}

const char* write_hint(int os_errno) {
  if (os_errno == EPIPE) return "its reader has gone";
  return os_errno == ENOSPC || os_errno == EDQUOT ? "df shows which disk is full" : "";
}

}  // namespace

Result<UniqueFd> open_input_file(const Endpoint& endpoint) {
  UniqueFd fd(::open(endpoint.body.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + endpoint.body, errno);
  if (is_kind(fd.get(), S_IFDIR)) return fail(Code::no_input, endpoint.body + " is a folder");
  return fd;
}

Result<UniqueFd> open_output_file(const Endpoint& endpoint) {
  static constexpr std::array<std::string_view, 3> kModes{"create", "append", "replace"};
  TALLY_TRY(const std::size_t mode, endpoint.choice("open", 0, kModes));
  UniqueFd fd(::open(endpoint.body.c_str(),
                     O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (mode == 1 ? O_APPEND : 0), 0666));
  if (!fd) {
    const bool denied = errno == EACCES || errno == EPERM;
    return fail(os_error(denied ? Code::permission : Code::cannot_create,
                         "cannot create " + endpoint.body, errno));
  }
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("cannot examine " + endpoint.body, errno);
  if (mode == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
    return fail(Code::cannot_create, endpoint.body + " exists and is not empty",
                "add ,open=append or ,open=replace to the endpoint");
  }
  if (mode == 2 && S_ISREG(status.st_mode) && ::ftruncate(fd.get(), 0) != 0) {
    return fail(os_error(Code::cannot_create, "cannot cut " + endpoint.body, errno));
  }
  return fd;
}

StreamSource::StreamSource(int fd, UniqueFd owned, std::string name, Framing framing)
    : fd_(fd), owned_(std::move(owned)), name_(std::move(name)), decoder_(framing) {}

Pulled StreamSource::decode(std::span<Record> out) {
  std::size_t count = 0;
  const std::uint64_t now = core::monotonic_ns();
  while (count < out.size()) {
    last_ = decoder_.next(out[count]);
    if (last_ != FrameDecoder::Step::record) break;
    Record& record = out[count++];
    if (record.time_ns == 0) record.time_ns = now;
    counts_.bytes += record.payload.size();
  }
  counts_.records += count;
  counts_.batches += count > 0 ? 1 : 0;
  if (last_ == FrameDecoder::Step::failed) return fail_with(decoder_.error().in(name_), count);
  return {count, last_ == FrameDecoder::Step::end ? Flow::end : Flow::open};
}

Pulled StreamSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  for (;;) {
    const Pulled decoded = decode(out);
    if (decoded.count > 0 || decoded.flow != Flow::open) return decoded;
    if (stopped_ && unread_at_stop_ == 0) {
      counts_.cut_bytes = decoder_.pending_bytes();
      return {0, Flow::end};
    }
    ++counts_.syscalls;
    const Ready ready = wait_fd(fd_, POLLIN, deadline_ns);
    if (ready != Ready::ready) return {};
    if (!read_more()) return fail_with(os_error(Code::io, "cannot read " + name_, read_errno_));
  }
}

// One read of what is there. False on an error.
bool StreamSource::read_more() {
  MutableByteView space = decoder_.space();
  if (stopped_) space = space.first(std::min(space.size(), unread_at_stop_));
  ++counts_.syscalls;
  const ssize_t count = ::read(fd_, space.data(), space.size());
  if (count < 0) {
    read_errno_ = errno;
    return errno == EINTR || errno == EAGAIN;
  }
  if (count == 0) decoder_.end_input();
  decoder_.filled(static_cast<std::size_t>(count));
  if (stopped_) unread_at_stop_ -= static_cast<std::size_t>(count);
  return true;
}

void StreamSource::stop() {
  if (stopped_) return;
  stopped_ = true;
  int waiting = 0;
  // A regular file has not arrived in any sense: reading it ends at once.
  const bool counted = !is_kind(fd_, S_IFREG) && ::ioctl(fd_, FIONREAD, &waiting) == 0;
  unread_at_stop_ = counted && waiting > 0 ? static_cast<std::size_t>(waiting) : 0;
}

StreamSink::StreamSink(int fd, UniqueFd owned, std::string name, Framing framing)
    : fd_(fd),
      owned_(std::move(owned)),
      name_(std::move(name)),
      framing_(framing),
      socket_(is_kind(fd, S_IFSOCK)) {
  pending_.reserve(kPendingBytes + 2 * kMaxPayloadBytes + 1024);
  if (!is_kind(fd, S_IFIFO)) return;
  // The same pipe, opened anew: this description alone does not block.
  UniqueFd own(
      ::open(fmt::format("/proc/self/fd/{}", fd).c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  waits_inside_ = !own;
  if (!own) return;
  owned_ = std::move(own);
  fd_ = owned_.get();
}

Pushed StreamSink::push(std::span<const Record> records, std::uint64_t deadline_ns) {
  std::size_t count = 0;
  while (count < records.size()) {
    // Bytes of an earlier call go first; what has begun to leave cannot be taken back.
    const Step step = flush(deadline_ns);
    if (step == Step::failed) return {count, true};
    if (step == Step::blocked) return {count, false};
    while (count < records.size() && pending_.size() < kPendingBytes) {
      const Record& record = records[count];
      if (!encode_frame(framing_, record, pending_)) return refuse(record, count);
      marks_.push_back({pending_.size(), record.payload.size()});
      ++counts_.accepted;
      ++count;
    }
  }
  return {count, flush(deadline_ns) == Step::failed};
}

Pushed StreamSink::refuse(const Record& record, std::size_t count) {
  return fail_with(
      Error{Code::bad_data,
            fmt::format("{}: record {} cannot be written as a {}: {}", name_, record.sequence,
                        framing_name(framing_),
                        record.payload.size() > kMaxPayloadBytes ? "it is longer than 65536 bytes"
                                                                 : "it holds a newline"),
            "the framings hex, jsonl and rec carry any payload", 0},
      count);
}

StreamSink::Step StreamSink::flush(std::uint64_t deadline_ns) {
  while (written_ < pending_.size()) {
    const long count = write_some();
    if (count >= 0) {
      written_ += static_cast<std::size_t>(count);
      settle();
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) {
      error_ = os_error(Code::io, "cannot write to " + name_, errno, write_hint(errno));
      give_up();
      return Step::failed;
    }
    ++counts_.syscalls;
    if (wait_fd(fd_, POLLOUT, deadline_ns) != Ready::ready) return Step::blocked;
  }
  pending_.clear();
  marks_.clear();
  written_ = settled_ = 0;
  return Step::done;
}

long StreamSink::write_some() {
  const std::uint8_t* const from = pending_.data() + written_;
  std::size_t length = pending_.size() - written_;
  ++counts_.syscalls;
  if (socket_) return ::send(fd_, from, length, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (waits_inside_) {
    // poll() promises room for PIPE_BUF bytes.
    if (wait_fd(fd_, POLLOUT, 0) != Ready::ready) {
      errno = EAGAIN;
      return -1;
    }
    length = std::min<std::size_t>(length, PIPE_BUF);
  }
  return ::write(fd_, from, length);
}

// Counts the records whose last byte has left.
void StreamSink::settle() {
  const std::size_t before = settled_;
  while (settled_ < marks_.size() && marks_[settled_].end <= written_) {
    counts_.bytes += marks_[settled_].payload_bytes;
    ++settled_;
  }
  counts_.sent += settled_ - before;
  ++counts_.batches;
}

void StreamSink::give_up() {
  counts_.lost_at_close += marks_.size() - settled_;
  marks_.clear();
  pending_.clear();
  written_ = settled_ = 0;
}

Status StreamSink::close(std::uint64_t deadline_ns) {
  Step step = flush(deadline_ns);
  while (step == Step::blocked && core::monotonic_ns() < deadline_ns) step = flush(deadline_ns);
  if (step == Step::failed) return fail(error_);
  if (step == Step::blocked) {
    give_up();
    return fail(Code::try_again, name_ + ": its reader takes nothing");
  }
  // A network file system tells of a failed write only here.
  if (owned_ && ::close(owned_.release()) != 0 && errno != EINTR) {
    return fail(os_error(Code::io, "cannot close " + name_, errno));
  }
  return {};
}

}  // namespace tally::net
