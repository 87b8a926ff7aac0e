#include "net/uring_source.hpp"

#include <algorithm>
#include <cerrno>

#include "core/clock.hpp"
#include "core/threads.hpp"

namespace tally::net {
namespace {

// More than twice the batch, so that the kernel has buffers while a batch is being passed on.
constexpr unsigned kBuffers = 256;
constexpr unsigned kEntries = 8;
constexpr unsigned kCompletions = 1024;
constexpr unsigned kGroup = 0;
constexpr std::uint64_t kSecond = 1'000'000'000;

}  // namespace

Result<std::unique_ptr<UringSource>> UringSource::open(Socket& socket, std::size_t bytes,
                                                       Idle idle) {
  TALLY_TRY(std::unique_ptr<Uring> ring, Uring::open(kEntries, kCompletions));
  TALLY_TRY(ProvidedBuffers buffers,
            ProvidedBuffers::make(*ring, kBuffers, bytes + sizeof(io_uring_recvmsg_out), kGroup));
  TALLY_CHECK(ring->register_file(socket.fd.get()));
  std::unique_ptr<UringSource> source(
      new UringSource(std::move(socket), bytes, idle, std::move(ring), std::move(buffers)));
  source->arm();
  // A kernel without multishot receives answers at once; one that has them does not mind the look.
  ::io_uring_submit_and_get_events(source->ring_->get());
  io_uring_cqe* first = nullptr;
  const bool answered = ::io_uring_peek_cqe(source->ring_->get(), &first) == 0;
  if (answered && first->res == -EINVAL) {
    source->ring_.reset();
    socket = source->plain_.release_socket();
    return fail(Code::unavailable, "io_uring has no multishot receive");
  }
  return source;
}

UringSource::UringSource(Socket socket, std::size_t bytes, Idle idle, std::unique_ptr<Uring> ring,
                         ProvidedBuffers buffers)
    : plain_(std::move(socket), bytes, idle),
      ring_(std::move(ring)),
      buffers_(std::move(buffers)),
      spin_(idle) {}

void UringSource::arm() {
  io_uring_sqe* const entry = ::io_uring_get_sqe(ring_->get());
  if (entry == nullptr) return;
  ::io_uring_prep_recvmsg_multishot(entry, 0, &shape_, 0);
  entry->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
  entry->buf_group = kGroup;
  armed_ = true;
}

Pulled UringSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  if (draining_) return drain(out);
  give_back();
  for (bool waited = false;; waited = true) {
    const Pulled reaped = reap(out);
    if (reaped.count > 0 || reaped.flow != Flow::open) return reaped;
    if (stopped_) return drain(out);
    if (!armed_) arm();
    if (waited || core::monotonic_ns() >= deadline_ns) return {};
    if (!spin(deadline_ns)) wait(deadline_ns);
  }
}

Pulled UringSource::reap(std::span<Record> out) {
  std::array<io_uring_cqe*, kBatch> completions{};
  if (ring_->call_is_due()) ++counts_.syscalls;
  const unsigned ready =
      ::io_uring_peek_batch_cqe(ring_->get(), completions.data(),
                                static_cast<unsigned>(std::min(out.size(), completions.size())));
  if (ready == 0) return {};
  const std::uint64_t now = core::monotonic_ns();
  std::size_t count = 0;
  for (unsigned i = 0; i < ready; ++i) {
    if (take(*completions[i], now, out[count])) ++count;
  }
  ::io_uring_cq_advance(ring_->get(), ready);
  counts_.records += count;
  counts_.batches += count > 0 ? 1 : 0;
  if (failure_ == 0) return {count, Flow::open};
  return fail_with(os_error(Code::io, "cannot receive", failure_), count);
}

// Whether the completion is a record. Its buffer is then held until the next pull().
bool UringSource::take(const io_uring_cqe& completion, std::uint64_t now_ns, Record& record) {
  if ((completion.flags & IORING_CQE_F_MORE) == 0) armed_ = false;
  if (completion.res < 0) {
    note_failure(completion);
    return false;
  }
  const auto index = static_cast<std::uint16_t>(completion.flags >> IORING_CQE_BUFFER_SHIFT);
  io_uring_recvmsg_out* const message =
      ::io_uring_recvmsg_validate(buffers_.at(index), completion.res, &shape_);
  if (message == nullptr || (message->flags & MSG_TRUNC) != 0) {
    ++counts_.truncated;
    buffers_.recycle(index);
    return false;
  }
  const auto length = ::io_uring_recvmsg_payload_length(message, completion.res, &shape_);
  const auto* const payload =
      static_cast<const std::uint8_t*>(::io_uring_recvmsg_payload(message, &shape_));
  record = Record{++sequence_, now_ns, kTimeSoftware, 0, {payload, length}};
  counts_.bytes += length;
  held_[held_count_++] = index;
  return true;
}

void UringSource::note_failure(const io_uring_cqe& completion) {
  switch (-completion.res) {
    case ENOBUFS:    // every buffer is held: armed again after the next give_back()
    case ECANCELED:  // by stop()
    case EINTR:
    case EAGAIN:
      return;
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
      ++counts_.socket_errors;
      return;
    default:
      failure_ = -completion.res;
  }
}

// Looks for completions without sleeping. Returns whether there are any.
bool UringSource::spin(std::uint64_t deadline_ns) {
  io_uring* const ring = ring_->get();
  if (::io_uring_sq_ready(ring) > 0) {
    ++counts_.syscalls;
    ::io_uring_submit_and_get_events(ring);
  }
  const std::uint64_t until = spin_.until(core::monotonic_ns(), deadline_ns);
  do {
    if (::io_uring_cq_ready(ring) > 0 || ring_->call_is_due()) {
      spin_.paid();
      return true;
    }
    core::cpu_relax();
  } while (core::monotonic_ns() < until);
  spin_.wasted();
  return false;
}

void UringSource::wait(std::uint64_t deadline_ns) {
  const std::uint64_t now = core::monotonic_ns();
  const std::uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
  __kernel_timespec timeout{static_cast<long long>(left / kSecond),
                            static_cast<long long>(left % kSecond)};
  io_uring_cqe* first = nullptr;
  ++counts_.syscalls;
  // A time-out and a signal look the same to the caller: nothing came.
  ::io_uring_submit_and_wait_timeout(ring_->get(), &first, 1, &timeout, nullptr);
}

void UringSource::give_back() {
  for (std::size_t i = 0; i < held_count_; ++i) buffers_.recycle(held_[i]);
  held_count_ = 0;
  buffers_.publish();
}

void UringSource::stop() {
  if (stopped_) return;
  stopped_ = true;
  plain_.stop();
  ring_->cancel_all();
}

// What was queued in the socket behind the last completion.
Pulled UringSource::drain(std::span<Record> out) {
  if (!draining_) plain_.continue_from(sequence_, counts_);
  draining_ = true;
  return plain_.pull(out, 0);
}

SourceCounts UringSource::counts() {
  if (draining_) return plain_.counts();
  counts_.kernel_drops = plain_.counts().kernel_drops;
  return counts_;
}

}  // namespace tally::net
