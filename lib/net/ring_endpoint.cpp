#include "net/ring_endpoint.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "core/clock.hpp"

namespace tally::net {
namespace {

constexpr std::uint64_t kQuietNs = 100'000'000;

std::string stat_hint(const std::string& name) {
  return fmt::format("tally-relay ring stat {} shows both sides", name);
}

}  // namespace

Result<std::unique_ptr<RingSource>> RingSource::open(const Endpoint& endpoint) {
  TALLY_TRY(const ring::ParsedName parsed, ring::parse_endpoint(endpoint.text));
  TALLY_TRY(ring::Consumer consumer, ring::Consumer::open(parsed.name, parsed.options));
  if (parsed.options.wait_for_peer) {
    TALLY_CHECK(consumer.wait_for_peer(parsed.options.open_timeout_ns));
  }
  return std::make_unique<RingSource>(std::move(consumer));
}

RingSource::RingSource(ring::Consumer consumer) : consumer_(std::move(consumer)) {}

Pulled RingSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  settle(given_);
  std::size_t count = consumer_.peek(out.size());
  if (count == 0) {
    const Pulled waited = wait(deadline_ns);
    if (waited.flow != Flow::open) return waited;
    count = consumer_.peek(out.size());
  }
  for (std::size_t i = 0; i < count; ++i) {
    const ring::Consumer::Record record = consumer_.record(i);
    out[i] = Record{record.meta.sequence, record.meta.time_ns, record.meta.flags,
                    record.meta.source, record.payload};
    counts_.bytes += record.payload.size();
  }
  if (count > 0) {
    given_ = count;
    counts_.records += count;
    ++counts_.batches;
    quiet_since_ns_ = 0;
  }
  return {count, Flow::open};
}

Pulled RingSource::wait(std::uint64_t deadline_ns) {
  if (stopped_) {
    const std::uint64_t now = core::monotonic_ns();
    if (quiet_since_ns_ == 0) quiet_since_ns_ = now;
    if (now - quiet_since_ns_ >= kQuietNs) return {0, Flow::end};
    deadline_ns = std::min(deadline_ns, quiet_since_ns_ + kQuietNs);
  }
  switch (consumer_.wait_readable(deadline_ns)) {
    case ring::PopResult::ok:
    case ring::PopResult::timeout:
      return {};
    case ring::PopResult::closed:
      return {0, Flow::end};
    case ring::PopResult::peer_dead:
      return fail_with(Error{Code::try_again,
                             fmt::format("ring {}: its producer was killed", consumer_.name()),
                             "every record it published was taken; start both again", 0});
    case ring::PopResult::poisoned:
      break;
  }
  return fail_with(Error{Code::bad_data, fmt::format("ring {} was given up", consumer_.name()),
                         stat_hint(consumer_.name()), 0});
}

void RingSource::settle(std::size_t count) {
  if (given_ == 0) return;
  consumer_.release(std::min(count, given_));
  given_ = 0;
}

std::size_t RingSource::leave(std::size_t unsettled) {
  const std::uint64_t unread = consumer_.depth();
  const bool kept = consumer_.peer() == ring::Peer::alive;
  consumer_.close();
  if (kept) return unsettled;
  counts_.ring_lost += unread - std::min<std::uint64_t>(unread, unsettled);
  return 0;
}

void RingSource::stop() {
  stopped_ = true;
}

Result<std::unique_ptr<RingSink>> RingSink::open(const Endpoint& endpoint) {
  TALLY_TRY(const ring::ParsedName parsed, ring::parse_endpoint(endpoint.text));
  TALLY_TRY(ring::Producer producer, ring::Producer::open(parsed.name, parsed.options));
  if (parsed.options.wait_for_peer) {
    TALLY_CHECK(producer.wait_for_peer(parsed.options.open_timeout_ns));
  }
  return std::make_unique<RingSink>(std::move(producer), parsed.options.full);
}

RingSink::RingSink(ring::Producer producer, ring::Full full)
    : producer_(std::move(producer)), full_(full) {}

// Copies records from the front into free slots. Returns how many were dealt with: published, or
// too long for a slot.
std::size_t RingSink::publish(std::span<const Record> records) {
  const std::size_t free = producer_.claim(records.size());
  std::size_t used = 0;
  std::size_t taken = 0;
  for (; taken < records.size(); ++taken) {
    const Record& record = records[taken];
    if (record.payload.size() > producer_.payload_bytes()) {
      ++counts_.too_long;
      continue;
    }
    if (used == free) break;
    const ring::Producer::Slot slot = producer_.slot(used++);
    // A time of 0: commit() puts in when the record is published.
    slot.meta = {record.sequence, 0, record.flags, record.source,
                 static_cast<std::uint32_t>(record.payload.size())};
    if (!record.payload.empty()) {
      std::memcpy(slot.payload.data(), record.payload.data(), record.payload.size());
    }
    counts_.bytes += record.payload.size();
  }
  producer_.commit(used);
  counts_.sent += used;
  counts_.accepted += taken;
  counts_.batches += used > 0 ? 1 : 0;
  return taken;
}

Pushed RingSink::push(std::span<const Record> records, std::uint64_t deadline_ns) {
  std::size_t done = 0;
  while (done < records.size()) {
    const std::size_t taken = publish(records.subspan(done));
    done += taken;
    if (done == records.size()) break;
    if (full_ == ring::Full::drop_new) {
      const std::size_t left = records.size() - done;
      producer_.count_dropped(left);
      counts_.ring_full += left;
      counts_.accepted += left;
      return {records.size(), false};
    }
    const ring::PushResult waited = producer_.wait_writable(deadline_ns);
    if (waited == ring::PushResult::timeout) return {done, false};
    if (waited != ring::PushResult::ok) return fail_with(gone(waited), done);
  }
  return {done, false};
}

Error RingSink::gone(ring::PushResult result) const {
  const std::string& name = producer_.name();
  if (result == ring::PushResult::poisoned) {
    return {Code::bad_data, fmt::format("ring {} was given up", name), stat_hint(name), 0};
  }
  const char* const how = result == ring::PushResult::closed ? "has left" : "was killed";
  return {Code::try_again, fmt::format("ring {} is full and its consumer {}", name, how),
          "start the consumer again: what the ring holds is kept for it", 0};
}

Status RingSink::close(std::uint64_t) {
  producer_.close();
  return {};
}

}  // namespace tally::net
