#include "net/ring_source.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "core/clock.hpp"
#include "net/ring_common.hpp"

namespace tally::net {
namespace {

constexpr std::uint64_t kQuietNs = 100'000'000;
constexpr std::size_t kRoomBytes = 262144;

// Of the records that wait in a ring, those that were never given out.
std::uint64_t not_given(std::uint64_t waiting, std::size_t unsettled) {
  return waiting - std::min<std::uint64_t>(waiting, unsettled);
}

// How the source of a ring whose wait has ended goes on.
template <typename End>
std::optional<Error> why_ended(const End& end, ring::PopResult result) {
  if (result == ring::PopResult::peer_dead) {
    return Error{Code::try_again, fmt::format("ring {}: its producer was killed", end.name()),
                 "every record it published was taken; start both again", 0};
  }
  if (result == ring::PopResult::poisoned) return ring_given_up(end.name(), end.place());
  return std::nullopt;
}

// The record that lies behind its prefix, or nothing where there is none.
std::optional<Record> behind_prefix(ByteView payload, std::uint16_t type, std::uint16_t flags) {
  if (payload.size() < kRingPrefixBytes) return std::nullopt;
  return Record{core::load_le<std::uint64_t>(payload.data()), prefix_time_ns(payload), flags, type,
                payload.subspan(kRingPrefixBytes)};
}

Error no_prefix(const std::string& name) {
  return {Code::bad_data,
          fmt::format("ring {} holds a record without its sequence number and time", name),
          "it was not written by tally-relay", 0};
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

template <typename End>
template <typename Look>
Pulled AnyRingSource<End>::find(Look look, std::uint64_t deadline_ns) {
  std::size_t count = look();
  if (count == 0) {
    const Pulled waited = wait(deadline_ns);
    if (waited.flow != Flow::open) return waited;
    count = look();
  }
  return {count, Flow::open};
}

template <typename End>
Pulled AnyRingSource<End>::wait(std::uint64_t deadline_ns) {
  if (quiet_.is_over(deadline_ns)) return {0, Flow::end};
  const ring::PopResult ended = end_.wait_readable(deadline_ns);
  if (ended == ring::PopResult::closed) return {0, Flow::end};
  if (auto error = why_ended(end_, ended)) return fail_with(std::move(*error));
  return {};
}

template <typename End>
Pulled AnyRingSource<End>::give(std::size_t count) {
  if (count > 0) {
    given_ = count;
    settled_ = 0;
    counts_.records += count;
    ++counts_.batches;
    quiet_.heard();
  }
  return {count, Flow::open};
}

template <typename End>
typename AnyRingSource<End>::Settled AnyRingSource<End>::take_back(std::size_t count) {
  const Settled settled{settled_, std::min(count, given_)};
  settled_ += settled.count;
  given_ -= settled.count;
  return settled;
}

template <typename End>
std::size_t AnyRingSource<End>::leave(std::size_t unsettled) {
  const bool kept = is_kept();
  if (!kept) counts_.ring_lost += count_unread(unsettled);
  const std::size_t found = kept ? count_kept(unsettled) : 0;
  end_.close();
  return found;
}

template <typename End>
Pulled SlotSource<End>::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  settle(given_);
  const Pulled found = this->find([&] { return end_.peek(out.size()); }, deadline_ns);
  if (found.flow != Flow::open) return found;
  for (std::size_t i = 0; i < found.count; ++i) {
    const ring::SlotRecord record = end_.record(i);
    out[i] = Record{record.meta.sequence, record.meta.time_ns, record.meta.flags,
                    record.meta.source, record.payload};
    counts_.bytes += record.payload.size();
  }
  return this->give(found.count);
}

template <typename End>
void SlotSource<End>::settle(std::size_t count) {
  const auto settled = this->take_back(count);
  if (settled.count == 0) return;
  // A release ends what was peeked: what was left then is looked at once more.
  if (settled.first > 0) static_cast<void>(end_.peek(settled.count));
  end_.release(settled.count);
}

template <typename End>
std::uint64_t SlotSource<End>::count_unread(std::size_t unsettled) const {
  return not_given(end_.depth(), unsettled);
}

template class SlotSource<ring::Consumer>;
template class SlotSource<ring::SpmcConsumer>;
template class SlotSource<ring::LeanConsumer>;

Pulled LeanRingSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  const Pulled pulled = SlotSource::pull(out, deadline_ns);
  if (pulled.count == 0) return pulled;
  const std::uint64_t now_ns = core::monotonic_ns();
  for (Record& record : out.first(pulled.count)) record.time_ns = now_ns;
  return pulled;
}

SourceCounts SpmcRingSource::counts() {
  counts_.in_doubt = end_.found_in_doubt();
  counts_.ring_lost = end_.gone_unread();
  return counts_;
}

std::size_t SpmcRingSource::count_kept(std::size_t) {
  return 0;
}

ByteRingSource::ByteRingSource(ring::ByteConsumer consumer) : AnyRingSource(std::move(consumer)) {}

Pulled ByteRingSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  settle(given_);
  if (peeked_.size() < out.size()) peeked_.resize(out.size());
  const std::span<ring::ByteRecord> room(peeked_.data(), out.size());
  const Pulled found = find([&] { return end_.peek(room); }, deadline_ns);
  if (found.flow != Flow::open) return found;
  for (std::size_t i = 0; i < found.count; ++i) {
    const auto record = behind_prefix(room[i].payload, room[i].type, room[i].flags);
    if (!record) return fail_with(no_prefix(end_.name()));
    out[i] = *record;
    counts_.bytes += record->payload.size();
  }
  return give(found.count);
}

void ByteRingSource::settle(std::size_t count) {
  const auto [first, settled] = take_back(count);
  if (settled == 0) return;
  const auto done = std::span(peeked_).subspan(first, settled);
  end_.release(done, prefix_time_ns(done.back().payload));
}

std::uint64_t ByteRingSource::count_unread(std::size_t unsettled) const {
  return not_given(end_.depth_records(), unsettled);
}

BroadcastSource::BroadcastSource(ring::BroadcastReader reader)
    : AnyRingSource(std::move(reader)),
      room_bytes_(std::max(kRoomBytes, end_.room_bytes())),
      room_(new std::uint8_t[room_bytes_]),  // untouched: a large area has room for large records
      lost_before_(end_.lost()),
      next_number_(end_.number()) {}

Pulled BroadcastSource::pull(std::span<Record> out, std::uint64_t deadline_ns) {
  settle(given_);
  last_ = {};
  if (records_.size() < out.size()) records_.resize(out.size());
  const std::span<ring::BroadcastRecord> asked(records_.data(), out.size());
  const MutableByteView room(room_.get(), room_bytes_);
  const Pulled found = find([&] { return end_.read(asked, room); }, deadline_ns);
  if (found.flow != Flow::open) return found;
  for (std::size_t i = 0; i < found.count; ++i) {
    const auto record = behind_prefix(asked[i].payload, asked[i].type, asked[i].flags);
    if (!record) return fail_with(no_prefix(end_.name()));
    out[i] = *record;
    counts_.bytes += record->payload.size();
  }
  if (found.count > 0) {
    last_ = asked.first(found.count);
    counts_.overwritten = last_.back().next.lost - lost_before_;
    next_number_ = last_.back().next.number;
  }
  return give(found.count);
}

void BroadcastSource::settle(std::size_t count) {
  const auto [first, settled] = take_back(count);
  if (settled == 0) return;
  const auto done = std::span(records_).subspan(first, settled);
  end_.release(done, prefix_time_ns(done.back().payload));
}

// What was lost before the records given last is counted as overwritten, also where those are not
// settled.
std::uint64_t BroadcastSource::count_unread(std::size_t) const {
  return end_.published_from(next_number_);
}

std::size_t BroadcastSource::count_kept(std::size_t unsettled) {
  if (end_.is_gated()) return 0;
  counts_.overwritten += end_.overwritten_from(next_number_);
  const auto given_back = last_.last(std::min(unsettled, last_.size()));
  return static_cast<std::size_t>(
      std::count_if(given_back.begin(), given_back.end(), [&](const ring::BroadcastRecord& record) {
        return end_.overwritten_from(record.next.number - 1) == 0;
      }));
}

}  // namespace tally::net
