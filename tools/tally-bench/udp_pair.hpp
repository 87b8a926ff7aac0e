// Two UDP sockets of the loopback interface that are connected to each other.
#pragma once

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::bench_tool {

struct SocketPair {
  UniqueFd near;
  UniqueFd far;
};

// On ports that are free; blocking. Errors: what the system says.
[[nodiscard]] Result<SocketPair> udp_pair();

}  // namespace tally::bench_tool
