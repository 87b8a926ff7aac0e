#include "pump.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "core/clock.hpp"

namespace tally::relay {
namespace {

// How soon a stop is noticed whatever the sides wait for.
constexpr std::uint64_t kLookNs = 50'000'000;

bool is_datagram(net::Scheme scheme) {
  return scheme == net::Scheme::udp || scheme == net::Scheme::unix_socket;
}

}  // namespace

Pump::Pump(net::Source& source, net::Sink& sink, PumpOptions options)
    : source_(source), sink_(sink), options_(std::move(options)) {
  hops_.reserve(3);
  if (options_.from == net::Scheme::shm) wait_hop_ = &hops_.emplace_back(Hop{"ring_wait", {}});
  delivery_hop_ = &hops_.emplace_back(Hop{
      fmt::format("{}_to_{}", net::scheme_word(options_.from), net::scheme_word(options_.to)), {}});
  if (options_.from == net::Scheme::gen) {
    round_trip_hop_ = &hops_.emplace_back(Hop{"round_trip", {}});
  }
  if (options_.count > 0) left_ = options_.count;
}

Status Pump::run() {
  const std::uint64_t start = core::monotonic_ns();
  if (options_.duration_ns > 0) end_ns_ = start + options_.duration_ns;
  if (options_.stats_period_ns > 0) next_stats_ns_ = start + options_.stats_period_ns;
  Status moved = move_records();
  const Status closed = close();
  return moved ? closed : moved;
}

Status Pump::move_records() {
  while (left_ > 0) {
    const std::uint64_t now = core::monotonic_ns();
    look_around(now);
    if (is_drain_over(now)) return {};
    const std::size_t room = std::min<std::uint64_t>(batch_.size(), left_);
    const net::Pulled pulled = source_.pull(std::span(batch_).first(room), next_look(now));
    if (pulled.count > 0) {
      left_ -= pulled.count;
      const auto records = std::span<const net::Record>(batch_).first(pulled.count);
      TALLY_CHECK(deliver(records, core::monotonic_ns()));
    }
    if (round_trip_hop_ != nullptr) {
      for (const std::uint64_t ns : source_.take_round_trips()) round_trip_hop_->record(0, ns);
    }
    if (pulled.flow == net::Flow::failed) return fail(source_.error());
    if (pulled.flow == net::Flow::end) return {};
  }
  return {};
}

Status Pump::deliver(std::span<const net::Record> records, std::uint64_t pulled_ns) {
  std::size_t done = 0;
  for (;;) {
    const std::uint64_t now = core::monotonic_ns();
    const net::Pushed pushed = sink_.push(records.subspan(done), next_look(now));
    time_delivery(records.subspan(done, pushed.count), pulled_ns);
    done += pushed.count;
    source_.settle(done);
    if (pushed.failed) return give_up(records.subspan(done), sink_.error());
    if (done == records.size()) return {};
    records = records.subspan(done);
    done = 0;
    look_around(core::monotonic_ns());
    if (is_drain_over(core::monotonic_ns())) {
      return give_up(records, Error{Code::try_again, "the receiver takes nothing", "", 0});
    }
  }
}

Status Pump::give_up(std::span<const net::Record> rest, Error error) {
  undelivered_ = rest.size();
  return fail(std::move(error));
}

void Pump::time_delivery(std::span<const net::Record> records, std::uint64_t pulled_ns) {
  if (records.empty()) return;
  const std::uint64_t now = core::monotonic_ns();
  for (const net::Record& record : records) {
    if (wait_hop_ != nullptr) wait_hop_->record(record.time_ns, pulled_ns);
    delivery_hop_->record(is_datagram(options_.from) ? record.time_ns : pulled_ns, now);
  }
}

// Stop requests, the end of the duration, and statistics that are due.
void Pump::look_around(std::uint64_t now_ns) {
  const bool ends = options_.is_stop_requested() || now_ns >= end_ns_;
  if (ends && drain_until_ns_ == 0) {
    source_.stop();
    drain_until_ns_ = now_ns + options_.drain_ns;
  }
  if (now_ns >= next_stats_ns_) {
    next_stats_ns_ = now_ns + options_.stats_period_ns;
    options_.on_stats();
  }
}

bool Pump::is_drain_over(std::uint64_t now_ns) const {
  return drain_until_ns_ != 0 && now_ns >= drain_until_ns_;
}

std::uint64_t Pump::next_look(std::uint64_t now_ns) const {
  return std::min({now_ns + kLookNs, end_ns_ > now_ns ? end_ns_ : now_ns + kLookNs,
                   next_stats_ns_ > now_ns ? next_stats_ns_ : now_ns + kLookNs});
}

Status Pump::close() {
  kept_ = source_.leave(undelivered_);
  undelivered_ -= kept_;
  const std::uint64_t now = core::monotonic_ns();
  if (drain_until_ns_ == 0) drain_until_ns_ = now + options_.drain_ns;
  return sink_.close(drain_until_ns_);
}

Counts Pump::counts() {
  Counts counts;
  counts.source = source_.counts();
  counts.sink = sink_.counts();
  counts.undelivered = undelivered_;
  counts.in_flight = kept_ + sink_.held();
  return counts;
}

std::vector<const Hop*> Pump::hops() const {
  std::vector<const Hop*> all;
  for (const Hop& hop : hops_) all.push_back(&hop);
  return all;
}

}  // namespace tally::relay
