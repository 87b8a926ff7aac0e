#include "pipeline_exchange.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <vector>

#include "core/clock.hpp"

namespace tally::bench_tool {

namespace {

// Small, so that answers do not wait long for a batch of sends to end.
constexpr std::size_t kSendBatch = 16;
constexpr std::size_t kReceiveBatch = 32;
// How long a sleep lasts at most, so that a stop is heeded and progress shown.
constexpr std::uint64_t kTickNs = 100'000'000;

template <std::size_t N>
class Batch {
 public:
  explicit Batch(std::size_t bytes) : bytes_(bytes), storage_(N * bytes) {
    for (std::size_t i = 0; i < N; ++i) {
      vectors_[i] = {&storage_[i * bytes_], bytes_};
      headers_[i] = {};
      headers_[i].msg_hdr.msg_iov = &vectors_[i];
      headers_[i].msg_hdr.msg_iovlen = 1;
    }
  }
  [[nodiscard]] MutableByteView slot(std::size_t i) { return {&storage_[i * bytes_], bytes_}; }
  [[nodiscard]] ByteView received(std::size_t i) const {
    return {&storage_[i * bytes_], headers_[i].msg_len};
  }
  [[nodiscard]] mmsghdr* headers() { return headers_.data(); }

 private:
  std::size_t bytes_;
  Bytes storage_;
  std::array<iovec, N> vectors_{};
  std::array<mmsghdr, N> headers_{};
};

bool would_block(int os_errno) {
  return os_errno == EAGAIN || os_errno == EWOULDBLOCK || os_errno == ENOBUFS || os_errno == EINTR;
}

class Exchange {
 public:
  Exchange(int to_fd, int from_fd, const ExchangeOptions& options, Ledger& ledger)
      : to_fd_(to_fd),
        from_fd_(from_fd),
        options_(options),
        schedule_(options.schedule),
        ledger_(ledger),
        outgoing_(ledger.packet_bytes()),
        // One byte more than an answer has, so that a longer datagram is not taken for one.
        incoming_(ledger.packet_bytes() + kSignatureBytes + 1) {}

  Result<ExchangeResult> run();

 private:
  [[nodiscard]] std::size_t write_due(std::uint64_t now_ns, std::uint64_t most);
  Result<std::size_t> send_due(std::uint64_t now_ns);
  Status note_refused();
  void book_sent(std::uint64_t packets, std::uint64_t now_ns);
  Result<std::size_t> receive();
  Status sleep(std::uint64_t now_ns);
  [[nodiscard]] bool done() const {
    return ledger_.counts().sent == options_.count && ledger_.counts().outstanding() == 0;
  }
  [[nodiscard]] bool stalled(std::uint64_t now_ns) const {
    const bool waiting = ledger_.counts().outstanding() != 0 || send_blocked_;
    return waiting && now_ns > waiting_since_ns_ &&
           now_ns - waiting_since_ns_ >= options_.timeout_ns;
  }

  int to_fd_;
  int from_fd_;
  const ExchangeOptions& options_;
  std::optional<bench::Schedule> schedule_;  // at the next packet to send
  Ledger& ledger_;
  Batch<kSendBatch> outgoing_;
  std::array<std::uint64_t, kSendBatch> due_ns_{};  // of the packets in outgoing_
  Batch<kReceiveBatch> incoming_;
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_answer_ns_ = 0;
  std::uint64_t waiting_since_ns_ = 0;  // last answer, or when waiting began with none outstanding
  std::uint64_t full_at_ns_ = 0;        // when the window was last seen full
  bool send_blocked_ = false;
  ExchangeResult result_;
};

// Writes the next packets that are due, at most `most`; how many.
std::size_t Exchange::write_due(std::uint64_t now_ns, std::uint64_t most) {
  std::optional<bench::Schedule> ahead = schedule_;
  std::size_t written = 0;
  for (; written < most; ++written) {
    const std::uint64_t due_ns = ahead ? start_ns_ + ahead->due_ns() : now_ns;
    if (due_ns > now_ns) break;
    due_ns_[written] = due_ns;
    ledger_.write_next(written, due_ns, outgoing_.slot(written));
    if (ahead) ahead->advance();
  }
  return written;
}

// Sends what is due and fits into the window, at most a batch; how many went out.
Result<std::size_t> Exchange::send_due(std::uint64_t now_ns) {
  const bool was_blocked = send_blocked_;
  send_blocked_ = false;
  const PipelineCounts& counts = ledger_.counts();
  const std::uint64_t room = options_.window - std::min(options_.window, counts.outstanding());
  if (room == 0) full_at_ns_ = now_ns;
  const std::size_t batch =
      write_due(now_ns, std::min({options_.count - counts.sent, room, std::uint64_t{kSendBatch}}));
  if (batch == 0) return std::size_t{0};
  const int sent = ::sendmmsg(to_fd_, outgoing_.headers(), static_cast<unsigned>(batch),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent > 0) {
    book_sent(static_cast<std::uint64_t>(sent), now_ns);
    return static_cast<std::size_t>(sent);
  }
  if (errno == ECONNREFUSED) {
    // The report of an earlier packet that found nobody; this batch was not sent.
    TALLY_CHECK(note_refused());
    return std::size_t{0};
  }
  if (!would_block(errno)) return fail_errno("cannot send", errno);
  send_blocked_ = true;
  if (!was_blocked && counts.outstanding() == 0) waiting_since_ns_ = now_ns;
  return std::size_t{0};
}

// A chain that dies in the middle is a matter of lost packets; one that never listened is an error.
Status Exchange::note_refused() {
  ++result_.refused;
  if (ledger_.counts().received != 0) return {};
  return fail(Code::try_again, "packets are refused: nothing listens at the other end",
              "start the chain before sending into it");
}

void Exchange::book_sent(std::uint64_t packets, std::uint64_t now_ns) {
  for (std::uint64_t i = 0; schedule_ && i < packets; ++i) {
    schedule_->advance();
    if (due_ns_[i] > full_at_ns_) continue;
    ++result_.held_back;
    result_.held_back_ns_max = std::max(result_.held_back_ns_max, now_ns - due_ns_[i]);
  }
  if (ledger_.counts().outstanding() == 0) waiting_since_ns_ = now_ns;
  ledger_.confirm_sent(packets);
}

Result<std::size_t> Exchange::receive() {
  const int got = ::recvmmsg(from_fd_, incoming_.headers(), kReceiveBatch, MSG_DONTWAIT, nullptr);
  if (got < 0) {
    if (would_block(errno)) return std::size_t{0};
    return fail_errno("cannot receive", errno);
  }
  const std::uint64_t now_ns = core::monotonic_ns();
  for (int i = 0; i < got; ++i)
    if (ledger_.take(incoming_.received(static_cast<std::size_t>(i)), now_ns)) {
      last_answer_ns_ = now_ns;
      waiting_since_ns_ = now_ns;
    }
  return static_cast<std::size_t>(got);
}

// Until a datagram arrives, the next packet is due, sending is possible again or the tick ends.
Status Exchange::sleep(std::uint64_t now_ns) {
  const PipelineCounts& counts = ledger_.counts();
  std::uint64_t wait_ns = kTickNs;
  if (counts.outstanding() != 0 || send_blocked_) {
    const std::uint64_t give_up_ns = waiting_since_ns_ + options_.timeout_ns;
    wait_ns = std::min(wait_ns, give_up_ns > now_ns ? give_up_ns - now_ns : 1);
  }
  if (schedule_ && counts.sent < options_.count && counts.outstanding() < options_.window) {
    const std::uint64_t next_ns = start_ns_ + schedule_->due_ns();
    wait_ns = std::min(wait_ns, next_ns > now_ns ? next_ns - now_ns : 1);
  }
  const short sending = send_blocked_ ? POLLOUT : 0;
  std::array<pollfd, 2> polled = {{{from_fd_, POLLIN, 0}, {to_fd_, sending, 0}}};
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  const timespec limit{static_cast<time_t>(wait_ns / kNsPerSecond),
                       static_cast<long>(wait_ns % kNsPerSecond)};
  // A failure, EINTR above all, is no more than a sleep cut short.
  ::ppoll(polled.data(), polled.size(), &limit, nullptr);
  // Within a batch sendmmsg() drops the report of a refused packet; that of the last stays here.
  if ((polled[1].revents & POLLERR) == 0) return {};
  int pending = 0;
  socklen_t length = sizeof pending;
  ::getsockopt(to_fd_, SOL_SOCKET, SO_ERROR, &pending, &length);
  return pending == ECONNREFUSED ? note_refused() : Status{};
}

Result<ExchangeResult> Exchange::run() {
  // Sleeps end within a microsecond of the due time instead of the usual 50.
  ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  start_ns_ = core::monotonic_ns();
  last_answer_ns_ = start_ns_;
  ledger_.start(start_ns_);
  while (!done()) {
    const std::uint64_t now_ns = core::monotonic_ns();
    if (options_.stop && options_.stop()) {
      result_.end = ExchangeEnd::stopped;
      break;
    }
    if (stalled(now_ns)) {
      result_.end = ExchangeEnd::stalled;
      break;
    }
    TALLY_TRY(const std::size_t sent, send_due(now_ns));
    TALLY_TRY(const std::size_t received, receive());
    if (options_.progress && received != 0) options_.progress(ledger_.counts().received);
    if (sent + received == 0) TALLY_CHECK(sleep(now_ns));
  }
  result_.duration_ns = last_answer_ns_ - start_ns_;
  return result_;
}

}  // namespace

Result<ExchangeResult> exchange(int to_fd, int from_fd, const ExchangeOptions& options,
                                Ledger& ledger) {
  Exchange loop(to_fd, from_fd, options, ledger);
  return loop.run();
}

}  // namespace tally::bench_tool
