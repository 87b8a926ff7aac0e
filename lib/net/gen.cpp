#include "net/gen.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <poll.h>
#include <sys/socket.h>

#include "core/clock.hpp"
#include "core/endian.hpp"
#include "net/wait.hpp"

namespace tally::net {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::size_t kStampBytes = 16;
constexpr std::size_t kMaxRoundTrips = 1024;

void sleep_until(std::uint64_t when_ns) {
  const timespec when{static_cast<time_t>(when_ns / kSecond), static_cast<long>(when_ns % kSecond)};
  ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, nullptr);
}

}  // namespace

Result<GenOptions> gen_options(const Endpoint& endpoint) {
  GenOptions options;
  TALLY_TRY(options.count, endpoint.count("count", options.count, 0, UINT64_MAX));
  TALLY_TRY(options.rate, endpoint.count("rate", options.rate, 0, kSecond));
  TALLY_TRY(options.bytes, endpoint.size("bytes", options.bytes, 0, kMaxPayloadBytes));
  TALLY_TRY(options.window, endpoint.count("window", options.window, 0, 1U << 20U));
  TALLY_TRY(options.timeout_ns, endpoint.duration_ns("timeout", options.timeout_ns));
  return options;
}

GenSource::GenSource(const GenOptions& options, int reply_fd)
    : options_(options), reply_fd_(reply_fd), buffers_(kBatch, options.bytes) {
  round_trips_.reserve(kMaxRoundTrips);
  taken_.reserve(kMaxRoundTrips);
}

// How many records are due and allowed now.
std::uint64_t GenSource::wanted(std::size_t room, std::uint64_t now_ns) const {
  std::uint64_t count = std::min<std::uint64_t>(room, kBatch);
  if (options_.count > 0) count = std::min(count, options_.count - made_);
  if (options_.window > 0) count = std::min(count, options_.window - in_flight_);
  if (options_.rate == 0) return count;
  const std::uint64_t elapsed = now_ns - start_ns_;
  // Seconds and rest apart, so that the product stays below 64 bits for years.
  const std::uint64_t due =
      elapsed / kSecond * options_.rate + elapsed % kSecond * options_.rate / kSecond + 1;
  return std::min(count, due > made_ ? due - made_ : 0);
}

bool GenSource::is_finished() const {
  const bool all_made = stopped_ || (options_.count > 0 && made_ == options_.count);
  return all_made && (options_.window == 0 || in_flight_ == 0);
}

Pulled GenSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  for (;;) {
    if (start_ns_ == 0) start_ns_ = last_progress_ns_ = core::monotonic_ns();
    if (options_.window > 0) take_replies();
    // Read after take_replies(), so that it is never before last_progress_ns_.
    const std::uint64_t now = core::monotonic_ns();
    if (is_finished()) return {0, Flow::end};
    const std::uint64_t count = stopped_ ? 0 : wanted(out.size(), now);
    for (std::size_t i = 0; i < count; ++i) make(out[i], i, now);
    if (count > 0) {
      in_flight_ += options_.window > 0 ? count : 0;
      last_progress_ns_ = now;
      counts_.records += count;
      counts_.bytes += count * options_.bytes;
      ++counts_.batches;
      return {static_cast<std::size_t>(count), Flow::open};
    }
    write_off(now);
    if (now >= deadline_ns) return {};
    wait(deadline_ns);
  }
}

void GenSource::make(Record& record, std::size_t index, std::uint64_t now_ns) {
  const std::uint64_t sequence = ++made_;
  std::uint8_t* const payload = buffers_.at(index);
  for (std::size_t i = 0; i < options_.bytes; ++i) {
    payload[i] = static_cast<std::uint8_t>(sequence + i);
  }
  std::array<std::uint8_t, kStampBytes> stamp{};
  core::store_le(stamp.data(), sequence);
  core::store_le(stamp.data() + 8, now_ns);
  std::copy_n(stamp.begin(), std::min<std::size_t>(kStampBytes, options_.bytes), payload);
  record = Record{sequence, now_ns, kTimeSoftware, 0, {payload, options_.bytes}};
}

void GenSource::take_replies() {
  std::array<std::uint8_t, kStampBytes> stamp{};
  while (in_flight_ > 0) {
    ++counts_.syscalls;
    const ssize_t length = ::recv(reply_fd_, stamp.data(), stamp.size(), MSG_DONTWAIT | MSG_TRUNC);
    // An ICMP error is no reply; the timeout tells of the packet it is about.
    if (length < 0) return;
    const std::uint64_t now = core::monotonic_ns();
    ++counts_.replies;
    --in_flight_;
    last_progress_ns_ = now;
    const auto sent_ns = core::load_le<std::uint64_t>(stamp.data() + 8);
    const bool stamped = static_cast<std::size_t>(length) >= kStampBytes && sent_ns >= start_ns_;
    if (stamped && sent_ns <= now && round_trips_.size() < kMaxRoundTrips) {
      round_trips_.push_back(now - sent_ns);
    }
  }
}

std::span<const std::uint64_t> GenSource::take_round_trips() {
  taken_.swap(round_trips_);
  round_trips_.clear();
  return taken_;
}

void GenSource::write_off(std::uint64_t now_ns) {
  if (in_flight_ == 0 || now_ns - last_progress_ns_ < options_.timeout_ns) return;
  counts_.replies_missing += in_flight_;
  in_flight_ = 0;
  last_progress_ns_ = now_ns;
}

// When the schedule allows the next record; 0 without one, UINT64_MAX when none is left to make.
std::uint64_t GenSource::next_due_ns() const {
  if (stopped_ || (options_.count > 0 && made_ == options_.count)) return UINT64_MAX;
  if (options_.window > 0 && in_flight_ == options_.window) return UINT64_MAX;
  if (options_.rate == 0) return 0;
  return start_ns_ + made_ / options_.rate * kSecond +
         made_ % options_.rate * kSecond / options_.rate;
}

// Ready, late or interrupted: the loop of pull() looks again in any case.
void GenSource::wait(std::uint64_t deadline_ns) {
  const std::uint64_t until = std::min(deadline_ns, next_due_ns());
  ++counts_.syscalls;
  if (in_flight_ > 0) {
    const std::uint64_t patience = last_progress_ns_ + options_.timeout_ns;
    static_cast<void>(wait_fd(reply_fd_, POLLIN, std::min(until, patience)));
  } else if (until > core::monotonic_ns()) {
    sleep_until(until);
  }
}

Pushed NullSink::push(std::span<const Record> records, std::uint64_t) {
  counts_.accepted += records.size();
  counts_.sent += records.size();
  ++counts_.batches;
  for (const Record& record : records) counts_.bytes += record.payload.size();
  return {records.size(), false};
}

}  // namespace tally::net
