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
        ledger_(ledger),
        outgoing_(ledger.packet_bytes()),
        // One byte more than an answer has, so that a longer datagram is not taken for one.
        incoming_(ledger.packet_bytes() + kSignatureBytes + 1) {}

  Result<ExchangeResult> run();

 private:
  [[nodiscard]] std::uint64_t due_ns(std::uint64_t sequence) const;
  [[nodiscard]] std::uint64_t due_count(std::uint64_t now_ns) const;
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
  Ledger& ledger_;
  Batch<kSendBatch> outgoing_;
  Batch<kReceiveBatch> incoming_;
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_answer_ns_ = 0;
  std::uint64_t waiting_since_ns_ = 0;  // last answer, or when waiting began with none outstanding
  std::uint64_t held_below_ = 0;        // sequences below this were due while the window was full
  bool send_blocked_ = false;
  ExchangeResult result_;
};

std::uint64_t Exchange::due_ns(std::uint64_t sequence) const {
  constexpr double kNsPerSecond = 1e9;
  return start_ns_ +
         static_cast<std::uint64_t>(static_cast<double>(sequence) * kNsPerSecond / options_.rate);
}

std::uint64_t Exchange::due_count(std::uint64_t now_ns) const {
  if (options_.rate <= 0) return options_.count;
  constexpr double kNsPerSecond = 1e9;
  const double passed = static_cast<double>(now_ns - start_ns_) * options_.rate / kNsPerSecond;
  const double due = std::min(passed, static_cast<double>(options_.count)) + 1;
  return std::min(static_cast<std::uint64_t>(due), options_.count);
}

// Sends what is due and fits into the window, at most a batch; how many went out.
Result<std::size_t> Exchange::send_due(std::uint64_t now_ns) {
  const bool was_blocked = send_blocked_;
  send_blocked_ = false;
  const PipelineCounts& counts = ledger_.counts();
  const std::uint64_t due = due_count(now_ns);
  const std::uint64_t room = options_.window - std::min(options_.window, counts.outstanding());
  if (room == 0 && options_.rate > 0) held_below_ = std::max(held_below_, due);
  const std::size_t batch =
      std::min({due - std::min(due, counts.sent), room, std::uint64_t{kSendBatch}});
  if (batch == 0) return std::size_t{0};
  for (std::size_t i = 0; i < batch; ++i) {
    const std::uint64_t intended = options_.rate > 0 ? due_ns(counts.sent + i) : now_ns;
    ledger_.write_next(i, intended, outgoing_.slot(i));
  }
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
  const PipelineCounts& counts = ledger_.counts();
  for (std::uint64_t i = counts.sent; i < counts.sent + packets && i < held_below_; ++i) {
    ++result_.held_back;
    const std::uint64_t due = due_ns(i);
    if (now_ns > due) result_.held_back_ns_max = std::max(result_.held_back_ns_max, now_ns - due);
  }
  if (counts.outstanding() == 0) waiting_since_ns_ = now_ns;
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
  if (options_.rate > 0 && counts.sent < options_.count && counts.outstanding() < options_.window) {
    const std::uint64_t next_ns = due_ns(counts.sent);
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
