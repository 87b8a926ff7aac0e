// The loop of a relay: takes batches from a source, gives them to a sink, counts and times, and
// ends in an orderly way whatever the reason. One thread; nothing is allocated while it runs.
//
// Ends and their order: the source is told to stop and gives what had arrived; all of it is
// delivered, for at most `drain_ns` from the stop; the sink is flushed and closed, so that the next
// in the chain sees the end.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/result.hpp"
#include "net/datagram.hpp"
#include "net/endpoint.hpp"
#include "net/source.hpp"
#include "stats.hpp"

namespace tally::relay {

struct PumpOptions {
  net::Scheme from = net::Scheme::null;
  net::Scheme to = net::Scheme::null;
  std::uint64_t count = 0;        // stop after so many records; 0: no limit
  std::uint64_t duration_ns = 0;  // stop after so long; 0: no limit
  std::uint64_t drain_ns = 1'000'000'000;
  std::uint64_t stats_period_ns = 0;
  // Called every stats_period_ns.
  std::function<void()> on_stats;
  // Whether a stop was asked for, by a signal.
  std::function<bool()> is_stop_requested;
};

class Pump {
 public:
  Pump(net::Source& source, net::Sink& sink, PumpOptions options);

  // Returns when all is over; counts() is final then. Errors: the source's or the sink's, and
  // try_again when the drain time was over before everything was delivered.
  [[nodiscard]] Status run();

  [[nodiscard]] Counts counts();
  [[nodiscard]] std::vector<const Hop*> hops() const;

 private:
  [[nodiscard]] Status move_records();
  [[nodiscard]] Status deliver(std::span<const net::Record> records, std::uint64_t pulled_ns);
  [[nodiscard]] Status give_up(std::span<const net::Record> rest, Error error);
  void time_delivery(std::span<const net::Record> records, std::uint64_t pulled_ns);
  void look_around(std::uint64_t now_ns);
  [[nodiscard]] bool is_drain_over(std::uint64_t now_ns) const;
  [[nodiscard]] std::uint64_t next_look(std::uint64_t now_ns) const;
  [[nodiscard]] Status close();

  net::Source& source_;
  net::Sink& sink_;
  PumpOptions options_;
  std::array<net::Record, net::kBatch> batch_{};
  std::vector<Hop> hops_;
  Hop* wait_hop_ = nullptr;        // published in the source's ring -> taken
  Hop* delivery_hop_ = nullptr;    // taken -> delivered
  Hop* round_trip_hop_ = nullptr;  // made -> answered
  std::uint64_t left_ = UINT64_MAX;
  std::uint64_t end_ns_ = UINT64_MAX;
  std::uint64_t next_stats_ns_ = UINT64_MAX;
  std::uint64_t drain_until_ns_ = 0;  // 0: not stopping
  std::uint64_t undelivered_ = 0;
  std::uint64_t kept_ = 0;
};

}  // namespace tally::relay
