#include "net_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <vector>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "core/fd.hpp"

namespace tally::bench_tool {

namespace {

constexpr int kTickMs = 100;
constexpr std::size_t kMaxDatagramBytes = 65'536;

class Server {
 public:
  Server(int fd, const ServeOptions& options)
      : fd_(fd), options_(options), start_ns_(core::monotonic_ns()), buffer_(kMaxDatagramBytes) {}

  Result<ServeResult> serve_datagrams();
  Result<ServeResult> serve_streams();

 private:
  [[nodiscard]] bool ended() const {
    if (options_.stop && options_.stop()) return true;
    return options_.duration_ns != 0 && core::monotonic_ns() - start_ns_ >= options_.duration_ns;
  }
  void accept_one();
  [[nodiscard]] bool echo(int connection);

  int fd_;
  const ServeOptions& options_;
  std::uint64_t start_ns_;
  Bytes buffer_;
  std::vector<UniqueFd> connections_;
  ServeResult result_;
};

Result<ServeResult> Server::serve_datagrams() {
  const timeval tick{0, kTickMs * 1000};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
  while (!ended()) {
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    auto* address = reinterpret_cast<sockaddr*>(&from);
    const ssize_t got = ::recvfrom(fd_, buffer_.data(), buffer_.size(), 0, address, &length);
    if (got < 0) {
      // A refused answer is the matter of whom it was for.
      if (errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED) continue;
      return fail_errno("cannot receive", errno);
    }
    const ssize_t sent =
        ::sendto(fd_, buffer_.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL, address, length);
    if (sent == got) ++result_.answers;
  }
  return result_;
}

void Server::accept_one() {
  UniqueFd connection(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC));
  if (!connection) return;
  const int on = 1;
  ::setsockopt(connection.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // A client that reads nothing must not hold up the others for ever.
  const timeval patience{1, 0};
  ::setsockopt(connection.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  connections_.push_back(std::move(connection));
  ++result_.connections;
}

// False when the connection has ended.
bool Server::echo(int connection) {
  const ssize_t got = ::recv(connection, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  const auto bytes = static_cast<std::size_t>(got);
  for (std::size_t done = 0; done < bytes;) {
    const ssize_t sent = ::send(connection, buffer_.data() + done, bytes - done, MSG_NOSIGNAL);
    if (sent < 0) return false;
    done += static_cast<std::size_t>(sent);
  }
  ++result_.answers;
  return true;
}

Result<ServeResult> Server::serve_streams() {
  std::vector<pollfd> polled;
  while (!ended()) {
    polled.assign(1, {fd_, POLLIN, 0});
    for (const UniqueFd& connection : connections_) polled.push_back({connection.get(), POLLIN, 0});
    if (::poll(polled.data(), polled.size(), kTickMs) <= 0) continue;
    for (std::size_t i = 1; i < polled.size(); ++i)
      if (polled[i].revents != 0 && !echo(polled[i].fd)) connections_[i - 1].reset();
    std::erase_if(connections_, [](const UniqueFd& connection) { return !connection; });
    if (polled[0].revents != 0) accept_one();
  }
  return result_;
}

}  // namespace

Result<ServeResult> serve(int fd, const ServeOptions& options) {
  Server server(fd, options);
  return options.tcp ? server.serve_streams() : server.serve_datagrams();
}

}  // namespace tally::bench_tool
