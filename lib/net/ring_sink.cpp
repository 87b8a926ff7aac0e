#include "net/ring_sink.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fmt/format.h>

#include "core/clock.hpp"
#include "net/ring_common.hpp"

namespace tally::net {
namespace {

const char* how_gone(ring::PushResult result) {
  return result == ring::PushResult::closed ? "has left" : "was killed";
}

template <typename End>
Error gone(const End& end, ring::PushResult result) {
  if (result == ring::PushResult::poisoned) return ring_given_up(end.name(), end.place());
  return {Code::try_again,
          fmt::format("ring {} is full and its consumer {}", end.name(), how_gone(result)),
          end.place() == ring::Place::handed
              ? "start both sides again: nobody else can open it"
              : "start the consumer again: what the ring holds is kept for it",
          0};
}

Error gone(const ring::BroadcastProducer& end, ring::PushResult result) {
  if (result == ring::PushResult::poisoned) return ring_given_up(end.name(), end.place());
  return {Code::try_again,
          fmt::format("ring {}: its only reader {}, and no other can come", end.name(),
                      how_gone(result)),
          "start both sides again", 0};
}

// Of a batch: `used` records are in the ring, `taken` were dealt with.
void count_batch(SinkCounts& counts, std::size_t used, std::size_t taken) {
  counts.sent += used;
  counts.accepted += taken;
  counts.batches += used > 0 ? 1 : 0;
}

}  // namespace

template <typename End>
Pushed AnyRingSink<End>::push(std::span<const Record> records, std::uint64_t deadline_ns) {
  std::size_t done = 0;
  while (done < records.size()) {
    const Published published = publish(records.subspan(done));
    done += published.count;
    if (done == records.size()) break;
    if (published.stopped_by != ring::PushResult::full) {
      return fail_with(gone(end_, published.stopped_by), done);
    }
    if (full_ == ring::Full::drop_new) {
      if (end_.is_given_up()) return fail_with(gone(end_, ring::PushResult::poisoned), done);
      const std::size_t left = records.size() - done;
      end_.count_dropped(left);
      counts_.ring_full += left;
      counts_.accepted += left;
      return {records.size(), false};
    }
    const ring::PushResult waited = wait_for(records[done], deadline_ns);
    if (waited == ring::PushResult::timeout) return {done, false};
    if (waited != ring::PushResult::ok) return fail_with(gone(end_, waited), done);
  }
  return {done, false};
}

template <typename End>
Status AnyRingSink<End>::close(std::uint64_t) {
  end_.close();
  return {};
}

template <typename End>
SlotSink<End>::SlotSink(End producer, ring::Full full)
    : AnyRingSink<End>(std::move(producer), full) {}

template <typename End>
typename SlotSink<End>::Published SlotSink<End>::publish(std::span<const Record> records) {
  // No more than what fits: one of many producers has to give up what it claims and leaves empty.
  const auto fitting = std::count_if(records.begin(), records.end(), [&](const Record& record) {
    return record.payload.size() <= end_.payload_bytes();
  });
  const std::size_t free = end_.claim(static_cast<std::size_t>(fitting));
  std::size_t used = 0;
  std::size_t taken = 0;
  for (; taken < records.size(); ++taken) {
    const Record& record = records[taken];
    if (record.payload.size() > end_.payload_bytes()) {
      ++counts_.too_long;
      continue;
    }
    if (used == free) break;
    const typename End::Slot slot = end_.slot(used++);
    // A time of 0: commit() puts in when the record is published.
    slot.meta = {record.sequence, 0, record.flags, record.source,
                 static_cast<std::uint32_t>(record.payload.size())};
    if (!record.payload.empty()) {
      std::memcpy(slot.payload.data(), record.payload.data(), record.payload.size());
    }
    counts_.bytes += record.payload.size();
  }
  end_.commit(used);
  count_batch(counts_, used, taken);
  return {taken};
}

template <typename End>
ring::PushResult SlotSink<End>::wait_for(const Record&, std::uint64_t deadline_ns) {
  return end_.wait_writable(deadline_ns);
}

template class SlotSink<ring::Producer>;
template class SlotSink<ring::MpscProducer>;

LeanRingSink::LeanRingSink(ring::LeanProducer producer, ring::Full full)
    : AnyRingSink(std::move(producer), full) {}

LeanRingSink::Published LeanRingSink::publish(std::span<const Record> records) {
  std::size_t used = 0;
  std::size_t taken = 0;
  for (; taken < records.size(); ++taken) {
    const ByteView payload = records[taken].payload;
    if (payload.size() > end_.payload_bytes()) {
      ++counts_.too_long;
      continue;
    }
    if (!end_.put(payload)) break;
    counts_.bytes += payload.size();
    ++used;
  }
  end_.commit();
  count_batch(counts_, used, taken);
  return {taken};
}

ring::PushResult LeanRingSink::wait_for(const Record&, std::uint64_t deadline_ns) {
  return end_.wait_writable(deadline_ns);
}

ByteRingSink::ByteRingSink(ring::ByteProducer producer, ring::Full full)
    : AnyRingSink(std::move(producer), full) {}

ByteRingSink::Published ByteRingSink::publish(std::span<const Record> records) {
  std::uint64_t now_ns = 0;
  std::size_t used = 0;
  std::size_t taken = 0;
  for (; taken < records.size(); ++taken) {
    const Record& record = records[taken];
    const std::size_t bytes = kRingPrefixBytes + record.payload.size();
    if (bytes > end_.payload_bytes()) {
      ++counts_.too_long;
      continue;
    }
    const MutableByteView room = end_.claim(bytes);
    if (room.data() == nullptr) break;
    if (now_ns == 0) now_ns = core::monotonic_ns();
    store_prefix(room.data(), record, now_ns);
    if (!record.payload.empty()) {
      std::memcpy(room.data() + kRingPrefixBytes, record.payload.data(), record.payload.size());
    }
    end_.finish(bytes, record.source, record.flags);
    counts_.bytes += record.payload.size();
    ++used;
  }
  end_.commit(now_ns);
  count_batch(counts_, used, taken);
  return {taken};
}

ring::PushResult ByteRingSink::wait_for(const Record& record, std::uint64_t deadline_ns) {
  return end_.wait_writable(kRingPrefixBytes + record.payload.size(), deadline_ns);
}

BroadcastSink::BroadcastSink(ring::BroadcastProducer producer, ring::Full full)
    : AnyRingSink(std::move(producer), full),
      passed_before_(end_.stats().passed_readers.load(std::memory_order_relaxed)) {}

void BroadcastSink::count_dead_readers() {
  const std::uint64_t passed = end_.stats().passed_readers.load(std::memory_order_relaxed);
  counts_.dead_readers = passed - passed_before_;
}

BroadcastSink::Published BroadcastSink::publish(std::span<const Record> records) {
  const std::uint64_t now_ns = core::monotonic_ns();
  std::array<std::uint8_t, kRingPrefixBytes> prefix;
  std::size_t taken = 0;
  std::size_t used = 0;
  ring::PushResult put = ring::PushResult::ok;
  for (; taken < records.size(); ++taken) {
    const Record& record = records[taken];
    store_prefix(prefix.data(), record, now_ns);
    put = end_.put(prefix, record.payload, record.source, record.flags);
    if (put == ring::PushResult::too_large) {
      ++counts_.too_long;
      continue;
    }
    if (put != ring::PushResult::ok) break;
    counts_.bytes += record.payload.size();
    ++used;
  }
  end_.commit(now_ns);
  count_batch(counts_, used, taken);
  count_dead_readers();
  return {taken, put};
}

ring::PushResult BroadcastSink::wait_for(const Record& record, std::uint64_t deadline_ns) {
  return end_.wait_writable(kRingPrefixBytes + record.payload.size(), deadline_ns);
}

Status BroadcastSink::close(std::uint64_t) {
  count_dead_readers();
  const std::uint64_t unseen = end_.close();
  counts_.overwritten = std::min(unseen, counts_.sent);
  counts_.overwritten_earlier = unseen - counts_.overwritten;
  counts_.sent -= counts_.overwritten;
  return {};
}

}  // namespace tally::net
