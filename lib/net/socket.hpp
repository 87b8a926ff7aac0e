// Datagram sockets, opened and tuned: UDP and unix. Unix sockets are SOCK_DGRAM, which keeps the
// borders of records as SOCK_SEQPACKET does, and besides lets an empty record be one (on a
// connection it could not be told from the end), takes any number of senders without accepting
// each, and blocks a sender that is too fast instead of losing.
#pragma once

#include <cstdint>
#include <string>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "core/fd.hpp"
#include "core/result.hpp"
#include "net/endpoint.hpp"

namespace tally::net {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

// "udp://127.0.0.1:9000", "unix:/run/x".
[[nodiscard]] std::string format_address(const SocketAddress& address);

// The address an endpoint names; a name is resolved, which may take as long as the resolver allows.
// An empty host is 127.0.0.1. Errors: no_input when the name is unknown.
[[nodiscard]] Result<SocketAddress> resolve(const Endpoint& endpoint);

// A file that goes when its owner does. Move-only.
class OwnedPath {
 public:
  OwnedPath() = default;
  explicit OwnedPath(std::string path) : path_(std::move(path)) {}
  OwnedPath(OwnedPath&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  OwnedPath& operator=(OwnedPath&& other) noexcept {
    path_.swap(other.path_);
    return *this;
  }
  OwnedPath(const OwnedPath&) = delete;
  OwnedPath& operator=(const OwnedPath&) = delete;
  ~OwnedPath();

  [[nodiscard]] const std::string& get() const { return path_; }

 private:
  std::string path_;
};

struct Socket {
  UniqueFd fd;
  SocketAddress address;  // bound, or connected to
  OwnedPath path;         // of a unix socket that was bound
  // Words for the user: a buffer that was not granted in full, a port that was awaited.
  std::vector<std::string> notes;
};

// A non-blocking socket bound to a udp or unix endpoint. A port that is taken is tried again for
// 100 ms, because the io_uring of a predecessor that was killed holds it for about 30 ms; a unix
// socket file that nobody listens on any more is removed. Errors: try_again when the address is in
// use, permission, no_input.
[[nodiscard]] Result<Socket> open_receiver(const Endpoint& endpoint);

// A non-blocking socket connected to a udp or unix endpoint. Errors: no_input when there is no such
// host, or nothing listens on the unix path.
[[nodiscard]] Result<Socket> open_sender(const Endpoint& endpoint);

// From here on the socket takes in nothing; what is queued stays. A udp socket gets a filter that
// rejects all, because its queue does not outlive a shutdown; a unix socket is shut down, so that
// senders are told. False when the kernel refuses.
[[nodiscard]] bool refuse_new_packets(const Socket& socket);

// Packets this socket's queue had no room for, modulo 2^32: the counter of SO_RXQ_OVFL, which
// SO_MEMINFO shows without a next packet to carry it.
[[nodiscard]] std::uint32_t kernel_drops(int fd);

}  // namespace tally::net
