#include "net/ring_endpoint.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>
#include <optional>

#include "core/clock.hpp"
#include "core/endian.hpp"
#include "mem/pages.hpp"
#include "ring/inspector.hpp"

namespace tally::net {
namespace {

constexpr std::uint64_t kQuietNs = 100'000'000;
constexpr std::size_t kPrefixBytes = 16;  // sequence number and time
constexpr std::size_t kRoomBytes = 262144;

std::string stat_hint(const std::string& name) {
  const bool handed = name.find('/') != std::string::npos;
  return handed ? "start both sides again"
                : fmt::format("tally-relay ring stat {} shows both sides", name);
}

template <typename End>
Result<End> open_end(const ring::ParsedName& parsed, std::vector<std::string>& notes) {
  TALLY_TRY(End end, End::open(parsed.name, parsed.options));
  if (parsed.options.place == ring::Place::handed ||
      parsed.options.huge != mem::HugeWish::automatic) {
    notes.push_back(fmt::format("ring {}: pages of {}", parsed.name, describe_pages(end.pages())));
  }
  if (parsed.options.wait_for_peer) {
    TALLY_CHECK(end.wait_for_peer(parsed.options.open_timeout_ns));
  }
  return end;
}

Result<ring::ParsedName> parse_shm(const Endpoint& endpoint) {
  TALLY_TRY(ring::ParsedName parsed, ring::parse_endpoint(endpoint.text));
  if (parsed.options.place == ring::Place::handed) {
    parsed.name = endpoint.body;  // without its escapes
    return parsed;
  }
  if (!parsed.options.form) {
    const auto there = ring::stat_ring(parsed.name);
    if (there) parsed.options.form = there->form;
    TALLY_CHECK(ring::check_options(parsed.options));
  }
  return parsed;
}

// How the source of a ring whose wait has ended goes on.
std::optional<Error> why_ended(const std::string& name, ring::PopResult result) {
  if (result == ring::PopResult::peer_dead) {
    return Error{Code::try_again, fmt::format("ring {}: its producer was killed", name),
                 "every record it published was taken; start both again", 0};
  }
  if (result == ring::PopResult::poisoned) {
    return Error{Code::bad_data, fmt::format("ring {} was given up", name), stat_hint(name), 0};
  }
  return std::nullopt;
}

void store_prefix(std::uint8_t* to, const Record& record, std::uint64_t time_ns) {
  core::store_le(to, record.sequence);
  core::store_le(to + sizeof(std::uint64_t), time_ns);
}

std::uint64_t time_of(ByteView payload) {
  return core::load_le<std::uint64_t>(payload.data() + sizeof(std::uint64_t));
}

// The record that lies behind its prefix, or nothing where there is none.
std::optional<Record> behind_prefix(ByteView payload, std::uint16_t type, std::uint16_t flags) {
  if (payload.size() < kPrefixBytes) return std::nullopt;
  return Record{core::load_le<std::uint64_t>(payload.data()), time_of(payload), flags, type,
                payload.subspan(kPrefixBytes)};
}

Error no_prefix(const std::string& name) {
  return {Code::bad_data,
          fmt::format("ring {} holds a record without its sequence number and time", name),
          "it was not written by tally-relay", 0};
}

Error gone(const std::string& name, ring::PushResult result) {
  if (result == ring::PushResult::poisoned) {
    return {Code::bad_data, fmt::format("ring {} was given up", name), stat_hint(name), 0};
  }
  const char* const how = result == ring::PushResult::closed ? "has left" : "was killed";
  return {Code::try_again, fmt::format("ring {} is full and its consumer {}", name, how),
          "start the consumer again: what the ring holds is kept for it", 0};
}

}  // namespace

bool RingQuiet::is_over(std::uint64_t& deadline_ns) {
  if (!stopped_) return false;
  const std::uint64_t now = core::monotonic_ns();
  if (since_ns_ == 0) since_ns_ = now;
  if (now - since_ns_ >= kQuietNs) return true;
  deadline_ns = std::min(deadline_ns, since_ns_ + kQuietNs);
  return false;
}

Result<std::unique_ptr<Source>> open_ring_source(const Endpoint& endpoint,
                                                 std::vector<std::string>& notes) {
  TALLY_TRY(const ring::ParsedName parsed, parse_shm(endpoint));
  if (parsed.options.form == ring::SlotForm::bytes) {
    TALLY_TRY(ring::ByteConsumer consumer, open_end<ring::ByteConsumer>(parsed, notes));
    return std::make_unique<ByteRingSource>(std::move(consumer));
  }
  if (parsed.options.form == ring::SlotForm::broadcast) {
    TALLY_TRY(ring::BroadcastReader reader, open_end<ring::BroadcastReader>(parsed, notes));
    return std::make_unique<BroadcastSource>(std::move(reader));
  }
  TALLY_TRY(ring::Consumer consumer, open_end<ring::Consumer>(parsed, notes));
  return std::make_unique<RingSource>(std::move(consumer));
}

Result<std::unique_ptr<Sink>> open_ring_sink(const Endpoint& endpoint,
                                             std::vector<std::string>& notes) {
  TALLY_TRY(const ring::ParsedName parsed, parse_shm(endpoint));
  if (parsed.options.form == ring::SlotForm::bytes) {
    TALLY_TRY(ring::ByteProducer producer, open_end<ring::ByteProducer>(parsed, notes));
    return std::make_unique<ByteRingSink>(std::move(producer), ring::full_of(parsed.options));
  }
  if (parsed.options.form == ring::SlotForm::broadcast) {
    TALLY_TRY(ring::BroadcastProducer producer, open_end<ring::BroadcastProducer>(parsed, notes));
    return std::make_unique<BroadcastSink>(std::move(producer));
  }
  TALLY_TRY(ring::Producer producer, open_end<ring::Producer>(parsed, notes));
  return std::make_unique<RingSink>(std::move(producer), ring::full_of(parsed.options));
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
    quiet_.heard();
  }
  return {count, Flow::open};
}

Pulled RingSource::wait(std::uint64_t deadline_ns) {
  if (quiet_.is_over(deadline_ns)) return {0, Flow::end};
  const ring::PopResult ended = consumer_.wait_readable(deadline_ns);
  if (ended == ring::PopResult::closed) return {0, Flow::end};
  if (auto error = why_ended(consumer_.name(), ended)) return fail_with(std::move(*error));
  return {};
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

ByteRingSource::ByteRingSource(ring::ByteConsumer consumer) : consumer_(std::move(consumer)) {}

Pulled ByteRingSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  settle(given_);
  if (peeked_.size() < out.size()) peeked_.resize(out.size());
  const std::span<ring::ByteRecord> room(peeked_.data(), out.size());
  std::size_t count = consumer_.peek(room);
  if (count == 0) {
    const Pulled waited = wait(deadline_ns);
    if (waited.flow != Flow::open) return waited;
    count = consumer_.peek(room);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const ring::ByteRecord& there = peeked_[i];
    const auto record = behind_prefix(there.payload, there.type, there.flags);
    if (!record) return fail_with(no_prefix(consumer_.name()));
    out[i] = *record;
    counts_.bytes += record->payload.size();
  }
  if (count > 0) {
    given_ = count;
    counts_.records += count;
    ++counts_.batches;
    quiet_.heard();
  }
  return {count, Flow::open};
}

Pulled ByteRingSource::wait(std::uint64_t deadline_ns) {
  if (quiet_.is_over(deadline_ns)) return {0, Flow::end};
  const ring::PopResult ended = consumer_.wait_readable(deadline_ns);
  if (ended == ring::PopResult::closed) return {0, Flow::end};
  if (auto error = why_ended(consumer_.name(), ended)) return fail_with(std::move(*error));
  return {};
}

void ByteRingSource::settle(std::size_t count) {
  count = std::min(count, given_);
  given_ = 0;
  if (count == 0) return;
  consumer_.release({peeked_.data(), count}, time_of(peeked_[count - 1].payload));
}

std::size_t ByteRingSource::leave(std::size_t unsettled) {
  const std::uint64_t unread = consumer_.depth_records();
  const bool kept = consumer_.peer() == ring::Peer::alive;
  consumer_.close();
  if (kept) return unsettled;
  counts_.ring_lost += unread - std::min<std::uint64_t>(unread, unsettled);
  return 0;
}

ByteRingSink::ByteRingSink(ring::ByteProducer producer, ring::Full full)
    : producer_(std::move(producer)), full_(full) {}

// As RingSink::publish(): the whole batch becomes visible at once.
std::size_t ByteRingSink::publish(std::span<const Record> records) {
  std::uint64_t now_ns = 0;
  std::size_t used = 0;
  std::size_t taken = 0;
  for (; taken < records.size(); ++taken) {
    const Record& record = records[taken];
    const std::size_t bytes = kPrefixBytes + record.payload.size();
    if (bytes > producer_.payload_bytes()) {
      ++counts_.too_long;
      continue;
    }
    const MutableByteView room = producer_.claim(bytes);
    if (room.data() == nullptr) break;
    if (now_ns == 0) now_ns = core::monotonic_ns();
    store_prefix(room.data(), record, now_ns);
    if (!record.payload.empty()) {
      std::memcpy(room.data() + kPrefixBytes, record.payload.data(), record.payload.size());
    }
    producer_.finish(bytes, record.source, record.flags);
    counts_.bytes += record.payload.size();
    ++used;
  }
  producer_.commit(now_ns);
  counts_.sent += used;
  counts_.accepted += taken;
  counts_.batches += used > 0 ? 1 : 0;
  return taken;
}

Pushed ByteRingSink::push(std::span<const Record> records, std::uint64_t deadline_ns) {
  std::size_t done = 0;
  while (done < records.size()) {
    done += publish(records.subspan(done));
    if (done == records.size()) break;
    if (full_ == ring::Full::drop_new) {
      const std::size_t left = records.size() - done;
      producer_.count_dropped(left);
      counts_.ring_full += left;
      counts_.accepted += left;
      return {records.size(), false};
    }
    const ring::PushResult waited =
        producer_.wait_writable(kPrefixBytes + records[done].payload.size(), deadline_ns);
    if (waited == ring::PushResult::timeout) return {done, false};
    if (waited != ring::PushResult::ok) return fail_with(gone(producer_.name(), waited), done);
  }
  return {done, false};
}

Status ByteRingSink::close(std::uint64_t) {
  producer_.close();
  return {};
}

BroadcastSource::BroadcastSource(ring::BroadcastReader reader)
    : reader_(std::move(reader)),
      room_bytes_(std::max(kRoomBytes, reader_.room_bytes())),
      room_(new std::uint8_t[room_bytes_]),  // untouched: a large area has room for large records
      lost_before_(reader_.lost()) {}

Pulled BroadcastSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  settle(given_);
  if (records_.size() < out.size()) records_.resize(out.size());
  const std::span<ring::BroadcastRecord> asked(records_.data(), out.size());
  const MutableByteView room(room_.get(), room_bytes_);
  std::size_t count = reader_.read(asked, room);
  if (count == 0) {
    const Pulled waited = wait(deadline_ns);
    if (waited.flow != Flow::open) return waited;
    count = reader_.read(asked, room);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const ring::BroadcastRecord& copied = records_[i];
    const auto record = behind_prefix(copied.payload, copied.type, copied.flags);
    if (!record) return fail_with(no_prefix(reader_.name()));
    out[i] = *record;
    counts_.bytes += record->payload.size();
  }
  if (count > 0) {
    given_ = count;
    counts_.records += count;
    counts_.overwritten = records_[count - 1].next.lost - lost_before_;
    ++counts_.batches;
    quiet_.heard();
  }
  return {count, Flow::open};
}

Pulled BroadcastSource::wait(std::uint64_t deadline_ns) {
  if (quiet_.is_over(deadline_ns)) return {0, Flow::end};
  const ring::PopResult ended = reader_.wait_readable(deadline_ns);
  if (ended == ring::PopResult::closed) return {0, Flow::end};
  if (auto error = why_ended(reader_.name(), ended)) return fail_with(std::move(*error));
  return {};
}

void BroadcastSource::settle(std::size_t count) {
  count = std::min(count, given_);
  given_ = 0;
  if (count > 0) reader_.release({records_.data(), count}, time_of(records_[count - 1].payload));
}

std::size_t BroadcastSource::leave(std::size_t unsettled) {
  const std::uint64_t unread = reader_.behind_records();
  const bool kept = reader_.peer() == ring::Peer::alive;
  reader_.close();
  if (kept) return unsettled;
  counts_.ring_lost += unread - std::min<std::uint64_t>(unread, unsettled);
  return 0;
}

BroadcastSink::BroadcastSink(ring::BroadcastProducer producer) : producer_(std::move(producer)) {}

Pushed BroadcastSink::push(std::span<const Record> records, std::uint64_t) {
  const std::uint64_t now_ns = core::monotonic_ns();
  std::array<std::uint8_t, kPrefixBytes> prefix;
  std::size_t taken = 0;
  std::size_t used = 0;
  for (; taken < records.size(); ++taken) {
    const Record& record = records[taken];
    store_prefix(prefix.data(), record, now_ns);
    const ring::PushResult put = producer_.put(prefix, record.payload, record.source, record.flags);
    if (put == ring::PushResult::poisoned) break;
    if (put == ring::PushResult::too_large) {
      ++counts_.too_long;
      continue;
    }
    counts_.bytes += record.payload.size();
    ++used;
  }
  producer_.commit(now_ns);
  counts_.sent += used;
  counts_.accepted += taken;
  counts_.batches += used > 0 ? 1 : 0;
  if (taken == records.size()) return {taken, false};
  return fail_with(gone(producer_.name(), ring::PushResult::poisoned), taken);
}

Status BroadcastSink::close(std::uint64_t) {
  const std::uint64_t unseen = producer_.close();
  counts_.overwritten = std::min(unseen, counts_.sent);
  counts_.overwritten_earlier = unseen - counts_.overwritten;
  counts_.sent -= counts_.overwritten;
  return {};
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
    if (waited != ring::PushResult::ok) return fail_with(gone(producer_.name(), waited), done);
  }
  return {done, false};
}

Status RingSink::close(std::uint64_t) {
  producer_.close();
  return {};
}

}  // namespace tally::net
