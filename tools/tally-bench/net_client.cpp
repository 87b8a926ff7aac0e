#include "net_client.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <vector>

#include "core/clock.hpp"
#include "net_stamps.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
// How long a wait lasts at most, so that a stop is heeded and progress shown.
constexpr std::uint64_t kTickNs = 100'000'000;
constexpr std::uint64_t kNever = ~std::uint64_t{0};

timespec timespec_of(std::uint64_t ns) {
  return {static_cast<time_t>(ns / kNsPerSecond), static_cast<long>(ns % kNsPerSecond)};
}

// What is remembered of a packet until it is answered or given up, and, for its stamps, a while
// after. Times of the second kind are CLOCK_REALTIME, as the kernel's stamps are.
struct Slot {
  std::uint64_t sequence = kNever;
  bool waiting = false;
  std::uint64_t due_ns = 0;
  std::uint64_t sent_ns = 0;
  std::uint64_t sent_unix_ns = 0;
  std::uint64_t handed_unix_ns = 0;  // to the device
  std::uint64_t came_unix_ns = 0;    // the answer, into this host
  std::uint64_t read_unix_ns = 0;    // the answer, by this program
  std::uint64_t left_device_ns = 0;  // by the device's clock
  std::uint64_t came_device_ns = 0;  // the answer
};

class Client {
 public:
  Client(int fd, const NetLoad& load)
      : fd_(fd),
        load_(load),
        schedule_(load.schedule),
        // Room for stamps that come behind their answers.
        slots_(std::bit_ceil(std::max<std::uint64_t>(2 * load.window, 1024))),
        outgoing_(load.bytes),
        // One byte more than an answer has, so that a longer datagram is not taken for one.
        incoming_(load.tcp ? load.bytes : load.bytes + 1) {}

  Result<NetResult> run();

 private:
  [[nodiscard]] Slot& slot_of(std::uint64_t sequence) {
    return slots_[sequence & (slots_.size() - 1)];
  }
  [[nodiscard]] std::uint64_t next_due_ns() const {
    return schedule_ ? start_ns_ + schedule_->due_ns() : 0;
  }
  // Nothing is left to send: the count is reached, or the next packet is due after the end.
  [[nodiscard]] bool sent_all(std::uint64_t now_ns) const {
    if (load_.count != 0 && result_.sent >= load_.count) return true;
    return std::max(next_due_ns(), schedule_ ? 0 : now_ns) >= start_ns_ + load_.duration_ns;
  }
  [[nodiscard]] bool may_send(std::uint64_t now_ns) const {
    return waiting_ < load_.window && !sent_all(now_ns) && next_due_ns() <= now_ns;
  }
  void set_wait_limit() const;
  Status send_next();
  Status send_bytes();
  Status note_refused();
  void give_up(std::uint64_t now_ns);
  Status wait_and_receive(std::uint64_t now_ns);
  Status receive(int flags);
  void take_datagram(std::size_t bytes, msghdr& message);
  void take_stream(std::size_t bytes);
  void take_answer(ByteView answer, Stamps came);
  void take_send_stamps();
  void split(const Slot& slot);
  void split_device(const Slot& slot);
  void enable_kernel_times();

  int fd_;
  const NetLoad& load_;
  std::optional<bench::Schedule> schedule_;
  std::vector<Slot> slots_;
  Bytes outgoing_;
  Bytes incoming_;
  std::size_t filled_ = 0;          // of incoming_, of a stream
  bool stamped_ = false;            // the kernel's times were granted
  bool device_stamped_ = false;     // and the device's were asked for
  std::uint64_t stamps_taken_ = 0;  // of sent packets
  std::uint64_t start_ns_ = 0;
  std::uint64_t waiting_ = 0;  // packets unanswered and not given up
  std::uint64_t oldest_ = 0;   // no packet before this sequence is waited for
  std::uint64_t last_answer_ns_ = 0;
  bool closed_ = false;  // by the other end of a stream
  NetResult result_;
};

// A blocking receive returns at the latest after the tick.
void Client::set_wait_limit() const {
  const std::uint64_t limit_ns = std::min(kTickNs, load_.timeout_ns);
  const timeval limit{0, std::max<suseconds_t>(1, static_cast<suseconds_t>(limit_ns / 1000))};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

Status Client::note_refused() {
  ++result_.refused;
  if (result_.received != 0) return {};
  return fail(Code::try_again, "packets are refused: nobody listens at the other end",
              "start the server first; tally-bench net --serve is one");
}

// A stream may take less than the whole; a datagram never does.
Status Client::send_bytes() {
  std::size_t done = 0;
  while (done < outgoing_.size()) {
    const ssize_t sent = ::send(fd_, outgoing_.data() + done, outgoing_.size() - done,
                                MSG_NOSIGNAL | (load_.tcp ? MSG_DONTWAIT : 0));
    if (sent >= 0) {
      done += static_cast<std::size_t>(sent);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == ECONNREFUSED) {
      // News of an earlier packet; this one has not gone yet.
      TALLY_CHECK(note_refused());
      continue;
    }
    if (errno == EPIPE || errno == ECONNRESET) {
      closed_ = true;
      return {};
    }
    if (errno != EAGAIN && errno != ENOBUFS) return fail_errno("cannot send", errno);
    pollfd writable{fd_, POLLOUT, 0};
    const timespec limit = timespec_of(load_.timeout_ns);
    if (::ppoll(&writable, 1, &limit, nullptr) == 0)
      return fail(Code::try_again, "the other end takes no more bytes",
                  "a smaller --window leaves it more room");
  }
  return {};
}

Status Client::send_next() {
  const std::uint64_t sequence = result_.sent;
  Slot& slot = slot_of(sequence);
  slot = {};
  slot.sequence = sequence;
  slot.waiting = true;
  write_packet(load_.dialect, load_.run, sequence, outgoing_);
  const std::uint64_t due_ns = next_due_ns();
  if (stamped_) slot.sent_unix_ns = core::realtime_ns();
  slot.sent_ns = core::monotonic_ns();
  slot.due_ns = schedule_ ? due_ns : slot.sent_ns;
  if (schedule_) schedule_->advance();
  TALLY_CHECK(send_bytes());
  if (closed_) {
    slot.waiting = false;
    return {};
  }
  ++result_.sent;
  ++waiting_;
  return {};
}

void Client::give_up(std::uint64_t now_ns) {
  for (; oldest_ < result_.sent; ++oldest_) {
    Slot& slot = slot_of(oldest_);
    if (!slot.waiting) continue;
    if (now_ns < slot.sent_ns + load_.timeout_ns) return;
    slot.waiting = false;
    --waiting_;
    ++result_.lost;
  }
}

// With nothing else to do before the answer, the receive itself waits, as a plain caller's would;
// otherwise poll does, until the next packet is due.
Status Client::wait_and_receive(std::uint64_t now_ns) {
  const bool room = waiting_ < load_.window && !sent_all(now_ns);
  if (waiting_ != 0 && !room) return receive(0);
  std::uint64_t until_ns = now_ns + kTickNs;
  if (room) until_ns = std::min(until_ns, std::max(next_due_ns(), now_ns));
  if (waiting_ != 0) until_ns = std::min(until_ns, slot_of(oldest_).sent_ns + load_.timeout_ns);
  const timespec limit = timespec_of(until_ns > now_ns ? until_ns - now_ns : 0);
  pollfd readable{fd_, POLLIN, 0};
  if (::ppoll(&readable, 1, &limit, nullptr) > 0) return receive(MSG_DONTWAIT);
  return {};
}

Status Client::receive(int flags) {
  alignas(cmsghdr) std::array<char, 128> control{};
  iovec vector{incoming_.data() + filled_, incoming_.size() - filled_};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  if (stamped_) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
  }
  const ssize_t got = ::recvmsg(fd_, &message, flags);
  if (got < 0) {
    if (errno == EAGAIN || errno == EINTR) {
      // An error queue that is not empty wakes poll as well.
      if (stamped_) take_send_stamps();
      return {};
    }
    if (errno == ECONNREFUSED) return note_refused();
    if (errno != ECONNRESET) return fail_errno("cannot receive", errno);
    closed_ = true;
    return {};
  }
  if (load_.tcp)
    take_stream(static_cast<std::size_t>(got));
  else
    take_datagram(static_cast<std::size_t>(got), message);
  return {};
}

void Client::take_stream(std::size_t bytes) {
  if (bytes == 0) closed_ = true;
  filled_ += bytes;
  if (filled_ < incoming_.size()) return;
  filled_ = 0;
  take_answer(incoming_, {});
}

void Client::take_datagram(std::size_t bytes, msghdr& message) {
  take_answer({incoming_.data(), bytes}, stamped_ ? stamps_of(message) : Stamps{});
  if (stamped_) take_send_stamps();
}

void Client::take_answer(ByteView answer, Stamps came) {
  const std::uint64_t now_ns = core::monotonic_ns();
  const auto sequence = read_answer(load_.dialect, load_.run, load_.bytes, answer);
  if (!sequence || *sequence >= result_.sent) {
    ++result_.foreign;
    return;
  }
  Slot& slot = slot_of(*sequence);
  if (slot.sequence != *sequence || !slot.waiting) {
    ++result_.late;
    return;
  }
  slot.waiting = false;
  --waiting_;
  ++result_.received;
  last_answer_ns_ = now_ns;
  result_.service.record(now_ns - slot.sent_ns);
  if (schedule_) result_.response.record(now_ns - slot.due_ns);
  result_.grid.record(now_ns, now_ns - slot.due_ns);
  if (!stamped_) return;
  slot.read_unix_ns = core::realtime_ns();
  slot.came_unix_ns = came.software_ns;
  slot.came_device_ns = came.hardware_ns;
  split(slot);
  split_device(slot);
}

void Client::take_send_stamps() {
  const auto take = [this](std::uint32_t number, Stamps stamps) {
    // The slots are fewer than 2^32 by far, so the number finds its packet among them.
    Slot& slot = slot_of(number);
    if (static_cast<std::uint32_t>(slot.sequence) != number) return;
    if (stamps.software_ns != 0) {
      slot.handed_unix_ns = stamps.software_ns;
      split(slot);
    }
    if (stamps.hardware_ns != 0) {
      slot.left_device_ns = stamps.hardware_ns;
      split_device(slot);
    }
  };
  const std::uint64_t all = result_.sent * (device_stamped_ ? 2 : 1);
  stamps_taken_ += drain_send_stamps(fd_, all - stamps_taken_, take);
}

// Once all times of a packet are there, in whichever order they came. Times that run backwards are
// those of a clock that was set meanwhile.
void Client::split(const Slot& slot) {
  if (slot.handed_unix_ns == 0 || slot.came_unix_ns == 0) return;
  NetSegments& segments = result_.segments;
  if (slot.sent_unix_ns > slot.handed_unix_ns || slot.handed_unix_ns > slot.came_unix_ns ||
      slot.came_unix_ns > slot.read_unix_ns)
    return;
  if (schedule_) segments.app.record(std::max<std::uint64_t>(1, slot.sent_ns - slot.due_ns));
  segments.kernel_out.record(slot.handed_unix_ns - slot.sent_unix_ns);
  segments.wire.record(slot.came_unix_ns - slot.handed_unix_ns);
  segments.kernel_in.record(slot.read_unix_ns - slot.came_unix_ns);
}

void Client::split_device(const Slot& slot) {
  if (slot.left_device_ns == 0 || slot.came_device_ns < slot.left_device_ns) return;
  result_.segments.nic.record(slot.came_device_ns - slot.left_device_ns);
}

void Client::enable_kernel_times() {
  NetSegments& segments = result_.segments;
  device_stamped_ = load_.no_hardware.empty();
  segments.reason = load_.tcp       ? "a stream has no packets to stamp"
                    : !load_.stamps ? "not asked for"
                                    : enable_stamps(fd_, device_stamped_);
  stamped_ = segments.reason.empty();
  segments.nic_reason = stamped_ ? load_.no_hardware : segments.reason;
}

Result<NetResult> Client::run() {
  // Sleeps end within a microsecond of the due time instead of the usual 50.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  set_wait_limit();
  enable_kernel_times();
  result_.start_unix_ns = core::realtime_ns();
  start_ns_ = core::monotonic_ns();
  last_answer_ns_ = start_ns_;
  result_.grid = hist::Grid(start_ns_);
  for (;;) {
    const std::uint64_t now_ns = core::monotonic_ns();
    if (load_.stop && load_.stop()) result_.end = NetEnd::stopped;
    if (closed_) result_.end = NetEnd::closed;
    if (result_.end != NetEnd::complete) break;
    give_up(now_ns);
    if (may_send(now_ns)) {
      TALLY_CHECK(send_next());
      if (waiting_ < load_.window) continue;
    }
    if (waiting_ == 0 && sent_all(now_ns)) break;
    TALLY_CHECK(wait_and_receive(now_ns));
    if (load_.progress) load_.progress(result_.sent);
  }
  if (result_.end == NetEnd::closed) result_.lost += waiting_;
  if (stamped_) {
    NetSegments& segments = result_.segments;
    take_send_stamps();
    segments.missing = result_.received - segments.wire.count();
    if (segments.wire.count() == 0) segments.reason = "the kernel gave no stamps";
    if (device_stamped_ && segments.nic.count() == 0)
      segments.nic_reason = "the device gave no stamps";
  }
  result_.duration_ns = last_answer_ns_ - start_ns_;
  return result_;
}

}  // namespace

Result<NetResult> run_client(int fd, const NetLoad& load) {
  Client client(fd, load);
  return client.run();
}

}  // namespace tally::bench_tool
