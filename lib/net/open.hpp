// From the text of an endpoint to something that moves records.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "net/endpoint.hpp"
#include "net/frame.hpp"
#include "net/source.hpp"
#include "net/wait.hpp"

namespace tally::net {

// How datagrams are received.
//   automatic   io_uring where it works, else poll
//   uring       io_uring, or an error
//   poll        recvmmsg(), and ppoll() while there is nothing
//   spin        recvmmsg() again and again: lowest latency, burns a core
enum class Engine { automatic, spin, uring, poll };

struct OpenOptions {
  Engine engine = Engine::automatic;
  // Overrides the endpoint's own frame= key.
  std::optional<Framing> framing;
};

template <typename Side>
struct Opened {
  std::unique_ptr<Side> side;
  std::string engine;              // "uring", "poll", "spin"; empty where there is no choice
  std::string address;             // a bound socket's, with the port it got
  std::vector<std::string> notes;  // for the user
  int reply_fd = -1;               // of a sink: its socket, where replies may come
};

// Errors: usage when the endpoint cannot be read from or written to; else as the endpoint's own.
[[nodiscard]] Result<Opened<Sink>> open_sink(const Endpoint& endpoint, const OpenOptions& options);
// `reply_fd`: the sink's, for gen: with a window.
[[nodiscard]] Result<Opened<Source>> open_source(const Endpoint& endpoint,
                                                 const OpenOptions& options, int reply_fd);

}  // namespace tally::net
