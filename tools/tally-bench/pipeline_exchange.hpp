// The loop of a pipeline run: one thread that sends and receives in turn, in batches of
// sendmmsg(2) and recvmmsg(2), and sleeps when there is nothing to do. One thread and not two,
// because the processors belong to the chain that is measured.
//
// With a schedule every packet is due at its time (bench/schedule.hpp) and its latency counts from
// then: a stall shows in the latency of every packet that was due meanwhile. Packets that the
// window kept back are counted. Without a schedule the window alone paces, a packet is due when it
// is sent, and a stall delays packets without showing in their latency.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "bench/schedule.hpp"
#include "core/result.hpp"
#include "pipeline_ledger.hpp"

namespace tally::bench_tool {

struct ExchangeOptions {
  std::uint64_t count = 0;
  std::uint64_t window = 256;  // unanswered packets at most; a lost one keeps its place
  std::optional<bench::Schedule> schedule;   // empty: as fast as the window allows
  std::uint64_t timeout_ns = 5'000'000'000;  // without an answer while one is awaited
  std::function<bool()> stop;
  std::function<void(std::uint64_t received)> progress;
};

enum class ExchangeEnd { complete, stalled, stopped };

struct ExchangeResult {
  ExchangeEnd end = ExchangeEnd::complete;
  std::uint64_t duration_ns = 0;       // from the first packet to the last answer
  std::uint64_t held_back = 0;         // due while the window was full
  std::uint64_t held_back_ns_max = 0;  // longest wait of one of these
  std::uint64_t refused = 0;           // sends that the other host refused
};

// `to_fd` is connected, `from_fd` bound, both non-blocking. Errors: try_again when the other side
// refuses packets before any was answered; what the system says of a send or a receive.
[[nodiscard]] Result<ExchangeResult> exchange(int to_fd, int from_fd,
                                              const ExchangeOptions& options, Ledger& ledger);

}  // namespace tally::bench_tool
