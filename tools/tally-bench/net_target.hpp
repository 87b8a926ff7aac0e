// Whom tally-bench net talks to, or as whom it answers: udp://HOST:PORT or tcp://HOST:PORT, the
// address that was given and no other.
#pragma once

#include <string>

#include "core/fd.hpp"
#include "core/result.hpp"
#include "net/socket.hpp"

namespace tally::bench_tool {

struct NetTarget {
  std::string text;  // as it was typed
  bool tcp = false;
  net::SocketAddress address;
};

// Parses and resolves. Errors: usage for what is no such address, no_input for an unknown name.
[[nodiscard]] Result<NetTarget> parse_target(const std::string& text);

// A blocking socket connected to the target, a TCP one without Nagle's delay. Errors: try_again
// when nobody listens or nobody answers within `timeout_ns`, and what the system says.
[[nodiscard]] Result<UniqueFd> connect_to(const NetTarget& target, std::uint64_t timeout_ns);

// A socket bound to the target, a TCP one listening. Errors: try_again when the address is in use.
[[nodiscard]] Result<UniqueFd> bind_to(const NetTarget& target);

// "udp://127.0.0.1:9000" for the address a socket is bound to.
[[nodiscard]] std::string bound_text(const NetTarget& target, int fd);

}  // namespace tally::bench_tool
