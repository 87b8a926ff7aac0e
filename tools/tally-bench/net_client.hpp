// The client of tally-bench net: sends packets to a server that answers each, and times the
// answers. One thread.
//
// In an open loop every packet is due at a time of the Schedule. At most `window` packets are
// unanswered; one that is due meanwhile waits, is sent as soon as there is room, and its response
// time counts from when it was due, while its service time counts from the sending. A server that
// stalls for 100 ms shows in the response time of every packet due in these 100 ms, and in the
// service time of one: the second series is what a closed loop alone would have seen.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "bench/schedule.hpp"
#include "core/result.hpp"
#include "hist/grid.hpp"
#include "hist/histogram.hpp"
#include "net_packet.hpp"

namespace tally::bench_tool {

struct NetLoad {
  std::optional<bench::Schedule> schedule;  // empty: a closed loop
  std::uint64_t count = 0;                  // packets to send, 0 for as many as the duration allows
  std::uint64_t duration_ns = 5'000'000'000;
  std::uint64_t window = 1;
  std::size_t bytes = 64;
  std::uint64_t timeout_ns = 1'000'000'000;  // after which a packet is lost
  bool tcp = false;
  bool stamps = true;  // ask the kernel for its times, of datagrams
  // Why the device's times are not asked for as well (net_hardware.hpp); empty: they are.
  std::string no_hardware = "not asked for";
  Dialect dialect = Dialect::echo;
  std::uint64_t run = 0;  // a number that tells packets of this run from others
  std::function<bool()> stop;
  std::function<void(std::uint64_t sent)> progress;
};

enum class NetEnd { complete, stopped, closed };

// Where the time went, by the kernel's stamps; their sum is the response time.
struct NetSegments {
  hist::Histogram app;         // due until the send call: waiting for room and for the processor
  hist::Histogram kernel_out;  // until the packet was handed to the device
  hist::Histogram wire;        // until the answer came in: the network and the server
  hist::Histogram kernel_in;   // until the receive call returned
  // Of the wire's part, from when the device sent until it received, by its own clock.
  hist::Histogram nic;
  std::string nic_reason;     // why there is none, empty when it was measured
  std::uint64_t missing = 0;  // answers without both stamps
  std::string reason;         // why there are none at all, empty when they were asked for
};

struct NetResult {
  NetEnd end = NetEnd::complete;
  std::uint64_t sent = 0;
  std::uint64_t received = 0;
  std::uint64_t lost = 0;     // no answer within the timeout
  std::uint64_t late = 0;     // answers to packets that were given up, or a second time
  std::uint64_t foreign = 0;  // that are no answers of this run
  std::uint64_t refused = 0;  // sends of which the other host said that nobody listens
  std::uint64_t start_unix_ns = 0;
  std::uint64_t duration_ns = 0;
  hist::Histogram response;  // from when a packet was due; of an open loop
  hist::Histogram service;   // from when it was sent
  hist::Grid grid{0};        // response over time in an open loop, otherwise service
  NetSegments segments;
};

// `fd` is connected and blocking. Errors: try_again when nobody listens at the other end or it
// takes no more bytes; what the system says of a send or a receive.
[[nodiscard]] Result<NetResult> run_client(int fd, const NetLoad& load);

}  // namespace tally::bench_tool
