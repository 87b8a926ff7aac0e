// A server that sends back what it gets: the other end of tally-bench net. One thread, which sleeps
// in the kernel between packets as most servers do.
#pragma once

#include <cstdint>
#include <functional>

#include "core/result.hpp"

namespace tally::bench_tool {

struct ServeOptions {
  bool tcp = false;
  std::uint64_t duration_ns = 0;  // 0: until told to stop
  std::function<bool()> stop;     // asked about ten times a second
};

struct ServeResult {
  std::uint64_t answers = 0;      // datagrams, or reads of a stream, sent back
  std::uint64_t connections = 0;  // of streams
};

// `fd` is bound, and listens when it is a stream's. Errors: what the system says of a receive.
[[nodiscard]] Result<ServeResult> serve(int fd, const ServeOptions& options);

}  // namespace tally::bench_tool
