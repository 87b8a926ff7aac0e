#include "net/datagram.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <poll.h>

#include "core/clock.hpp"

namespace tally::net {

std::uint64_t DropCounter::read() {
  if (frozen_) return total_;
  const std::uint32_t now = kernel_drops(fd_);
  // Unsigned arithmetic is right across the wrap.
  total_ += now - last_;
  last_ = now;
  return total_;
}

void DropCounter::freeze() {
  total_ = read();
  frozen_ = true;
}

DatagramSource::DatagramSource(Socket socket, std::size_t bytes, Idle idle)
    : socket_(std::move(socket)), buffers_(kBatch, bytes), spin_(idle), drops_(socket_.fd.get()) {
  for (std::size_t i = 0; i < kBatch; ++i) {
    vectors_[i] = {buffers_.at(i), bytes};
    messages_[i].msg_hdr.msg_iov = &vectors_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
  }
}

Pulled DatagramSource::take(std::span<Record> out) {
  const auto most = static_cast<unsigned>(std::min(out.size(), kBatch));
  ++counts_.syscalls;
  const int count = ::recvmmsg(socket_.fd.get(), messages_.data(), most, MSG_DONTWAIT, nullptr);
  if (count < 0) return handle_failure(errno);
  return {collect(out, static_cast<std::size_t>(count)), Flow::open};
}

Pulled DatagramSource::handle_failure(int os_errno) {
  switch (os_errno) {
    case EAGAIN:
      return {0, Flow::end};
    case EINTR:
      return {};
    case ECONNREFUSED:
    case EHOSTUNREACH:
    case ENETUNREACH:
      // News by ICMP about a packet sent earlier from this socket.
      ++counts_.socket_errors;
      return {};
    default:
      return fail_with(
          os_error(Code::io, "cannot receive on " + format_address(socket_.address), os_errno));
  }
}

std::size_t DatagramSource::collect(std::span<Record> out, std::size_t count) {
  const std::uint64_t now = core::monotonic_ns();
  std::size_t kept = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const mmsghdr& message = messages_[i];
    if ((message.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      ++counts_.truncated;
      continue;
    }
    out[kept++] = Record{++sequence_, now, kTimeSoftware, 0, {buffers_.at(i), message.msg_len}};
    counts_.bytes += message.msg_len;
  }
  counts_.records += kept;
  ++counts_.batches;
  return kept;
}

Pulled DatagramSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  bool spun = false;
  std::uint64_t spin_until = 0;
  for (;;) {
    const Pulled taken = take(out);
    if (taken.count > 0 || taken.flow == Flow::failed) {
      if (spun) spin_.paid();
      return taken;
    }
    if (stopped_ && taken.flow == Flow::end) return taken;
    const std::uint64_t now = core::monotonic_ns();
    if (now >= deadline_ns) return {};
    if (!spun) spin_until = spin_.until(now, deadline_ns);
    spun = true;
    if (now < spin_until) continue;
    spin_.wasted();
    ++counts_.syscalls;
    if (wait_fd(socket_.fd.get(), POLLIN, deadline_ns) != Ready::ready) return {};
    spun = false;
  }
}

void DatagramSource::stop() {
  if (stopped_) return;
  stopped_ = true;
  drops_.freeze();
  // Without the filter the queue is drained all the same, only its end is a moving target.
  if (!refuse_new_packets(socket_)) ++counts_.socket_errors;
}

SourceCounts DatagramSource::counts() {
  counts_.kernel_drops = drops_.read();
  return counts_;
}

void DatagramSource::continue_from(std::uint64_t sequence, const SourceCounts& counts) {
  sequence_ = sequence;
  counts_ = counts;
}

DatagramSink::DatagramSink(Socket socket, bool udp)
    : socket_(std::move(socket)), udp_(udp), segment_(udp) {}

namespace {

// The kernel takes at most 64 segments and 64 KiB in one send.
constexpr std::size_t kMaxSegmentedBytes = 65000;

// How many records from the front can go as segments of one send: all of one length, and a last
// one that may be shorter. An empty datagram cannot be a segment.
std::size_t run_length(std::span<const Record> records) {
  const std::size_t segment = records[0].payload.size();
  std::size_t total = segment;
  std::size_t count = 1;
  while (segment > 0 && count < records.size()) {
    const std::size_t next = records[count].payload.size();
    if (next == 0 || next > segment || total + next > kMaxSegmentedBytes) break;
    total += next;
    ++count;
    if (next < segment) break;
  }
  return count;
}

}  // namespace

std::size_t DatagramSink::prepare(std::span<const Record> records) {
  std::size_t vector = 0;
  std::size_t message = 0;
  while (vector < records.size()) {
    const std::size_t run = segment_ ? run_length(records.subspan(vector)) : 1;
    msghdr& header = messages_[message].msg_hdr;
    header = msghdr{};
    header.msg_iov = &vectors_[vector];
    header.msg_iovlen = run;
    for (std::size_t i = 0; i < run; ++i) {
      const ByteView payload = records[vector + i].payload;
      // The interface has no const; sending does not write.
      vectors_[vector + i] = {const_cast<std::uint8_t*>(payload.data()), payload.size()};
    }
    if (run > 1) {
      header.msg_control = controls_[message].bytes.data();
      header.msg_controllen = controls_[message].bytes.size();
      cmsghdr* const control = CMSG_FIRSTHDR(&header);
      control->cmsg_level = SOL_UDP;
      control->cmsg_type = UDP_SEGMENT;
      control->cmsg_len = CMSG_LEN(sizeof(std::uint16_t));
      const auto size = static_cast<std::uint16_t>(records[vector].payload.size());
      std::memcpy(CMSG_DATA(control), &size, sizeof size);
    }
    run_lengths_[message++] = run;
    vector += run;
  }
  return message;
}

DatagramSink::Step DatagramSink::send_some(std::span<const Record> records, std::size_t& done) {
  const auto batch = records.subspan(done, std::min(kBatch, records.size() - done));
  const std::size_t messages = prepare(batch);
  ++counts_.syscalls;
  const int sent = ::sendmmsg(socket_.fd.get(), messages_.data(), static_cast<unsigned>(messages),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent < 0) return handle_failure(errno, done);
  std::size_t count = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(sent); ++i) count += run_lengths_[i];
  count_sent(batch.first(count));
  done += count;
  return Step::progress;
}

void DatagramSink::count_sent(std::span<const Record> records) {
  counts_.sent += records.size();
  counts_.accepted += records.size();
  ++counts_.batches;
  for (const Record& record : records) counts_.bytes += record.payload.size();
}

DatagramSink::Step DatagramSink::handle_failure(int os_errno, std::size_t& done) {
  const bool segmented = run_lengths_[0] > 1;
  const auto drop = [&](std::uint64_t& cause) {
    ++cause;
    ++counts_.accepted;
    ++done;
    return Step::progress;
  };
  switch (os_errno) {
    case EINTR:
      return Step::progress;
    case EAGAIN:
    case ENOBUFS:
      return Step::blocked;
    case ECONNREFUSED:
      if (!udp_) break;
      // News about an earlier packet: that one was sent in vain, this one was not sent yet.
      ++counts_.refused;
      return Step::progress;
    case EINVAL:
    case EIO:
    case EMSGSIZE:
      if (segmented) {
        segment_ = false;
        return Step::progress;
      }
      if (os_errno == EMSGSIZE) return drop(counts_.too_long);
      break;
    case EPERM:
    case EACCES:
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENETDOWN:
      return drop(counts_.send_errors);
    default:
      break;
  }
  error_ = os_error(Code::io, "cannot send to " + format_address(socket_.address), os_errno,
                    udp_ ? "" : "has the receiver gone?");
  return Step::failed;
}

Pushed DatagramSink::push(std::span<const Record> records, std::uint64_t deadline_ns) {
  std::size_t done = 0;
  while (done < records.size()) {
    switch (send_some(records, done)) {
      case Step::progress:
        break;
      case Step::failed:
        return {done, true};
      case Step::blocked:
        ++counts_.syscalls;
        if (wait_fd(socket_.fd.get(), POLLOUT, deadline_ns) != Ready::ready) return {done, false};
        break;
    }
    // A socket that is ready and yet full (ENOBUFS) must not outlast the deadline.
    if (done < records.size() && core::monotonic_ns() >= deadline_ns) break;
  }
  return {done, false};
}

Status DatagramSink::close(std::uint64_t) {
  return {};
}

}  // namespace tally::net
