#include "net/socket.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.hpp"

namespace tally::net {
namespace {

constexpr std::uint64_t kDefaultBufferBytes = std::uint64_t{4} << 20U;
constexpr std::uint64_t kMaxBufferBytes = std::uint64_t{1} << 30U;
constexpr std::uint64_t kBindPatienceNs = 100'000'000;

SocketAddress unix_address(const std::string& body) {
  SocketAddress address;
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  // parse_endpoint() has seen to it that the path and its zero fit. An abstract name begins with a
  // zero and has none behind it.
  std::memcpy(name.sun_path, body.data(), std::min(body.size(), sizeof name.sun_path - 1));
  const bool abstract = body.starts_with('@');
  if (abstract) name.sun_path[0] = '\0';
  std::memcpy(&address.storage, &name, sizeof name);
  address.length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + body.size() + (abstract ? 0 : 1));
  return address;
}

Result<SocketAddress> resolve_udp(const Endpoint& endpoint) {
  const std::string host = endpoint.host.empty() ? "127.0.0.1" : endpoint.host;
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_DGRAM;
  wanted.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(endpoint.port);
  const int failure = ::getaddrinfo(host.c_str(), port.c_str(), &wanted, &found);
  if (failure != 0) {
    return fail(Code::no_input,
                fmt::format("endpoint {}: cannot resolve {}: {}", endpoint.text, host,
                            failure == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(failure)),
                "an address in numbers needs no resolver");
  }
  SocketAddress address;
  std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
  address.length = found->ai_addrlen;
  ::freeaddrinfo(found);
  return address;
}

Result<Socket> open_socket(const Endpoint& endpoint) {
  Socket socket;
  TALLY_TRY(socket.address, resolve(endpoint));
  const int type = SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  socket.fd = UniqueFd(::socket(socket.address.storage.ss_family, type, 0));
  if (!socket.fd) return fail_errno(fmt::format("endpoint {}: no socket", endpoint.text), errno);
  return socket;
}

// Sets a buffer's size, beyond the host's limit where this process may. The kernel doubles what it
// is given, for its own bookkeeping, and shows the doubled figure.
Status set_buffer(Socket& socket, const Endpoint& endpoint, const char* key, int force, int plain) {
  const bool asked = endpoint.find(key) != nullptr;
  TALLY_TRY(const std::uint64_t bytes,
            endpoint.size(key, kDefaultBufferBytes, 4096, kMaxBufferBytes));
  const int wanted = static_cast<int>(bytes);
  if (::setsockopt(socket.fd.get(), SOL_SOCKET, force, &wanted, sizeof wanted) != 0) {
    ::setsockopt(socket.fd.get(), SOL_SOCKET, plain, &wanted, sizeof wanted);
  }
  int granted = 0;
  socklen_t length = sizeof granted;
  ::getsockopt(socket.fd.get(), SOL_SOCKET, plain, &granted, &length);
  if (asked && static_cast<std::uint64_t>(granted) < 2 * bytes) {
    socket.notes.push_back(fmt::format("{}: {}: {} of {} bytes granted, the limit is net.core.{}",
                                       endpoint.text, key, granted / 2, bytes,
                                       plain == SO_RCVBUF ? "rmem_max" : "wmem_max"));
  }
  return {};
}

void sleep_ns(long ns) {
  const timespec pause{0, ns};
  ::nanosleep(&pause, nullptr);
}

// Whether a unix socket file is there that nobody is bound to any more.
bool is_stale(const SocketAddress& address, const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  const UniqueFd probe(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  return ::connect(probe.get(), address.get(), address.length) != 0 && errno == ECONNREFUSED;
}

Error bind_error(const Endpoint& endpoint, int os_errno) {
  const std::string message = fmt::format("endpoint {}: cannot bind", endpoint.text);
  const bool udp = endpoint.scheme == Scheme::udp;
  switch (os_errno) {
    case EADDRINUSE:
      return os_error(Code::try_again, message, os_errno,
                      udp ? fmt::format("ss -lunp 'sport = :{}' shows who holds it", endpoint.port)
                          : fmt::format("ss -lxp src {} shows who holds it", endpoint.body));
    case EADDRNOTAVAIL:
      return os_error(Code::no_input, message, os_errno,
                      "ip -brief address shows the addresses of this host");
    case EACCES:
      return os_error(Code::permission, message, os_errno,
                      udp ? "ports below 1024 need CAP_NET_BIND_SERVICE" : "");
    default:
      return os_error(core::code_for_errno(os_errno), message, os_errno);
  }
}

Status bind_patiently(Socket& socket, const Endpoint& endpoint) {
  const std::uint64_t give_up_ns = core::monotonic_ns() + kBindPatienceNs;
  const bool named = endpoint.scheme == Scheme::unix_socket && !endpoint.body.starts_with('@');
  bool waited = false;
  while (::bind(socket.fd.get(), socket.address.get(), socket.address.length) != 0) {
    const int failure = errno;
    if (failure != EADDRINUSE) return fail(bind_error(endpoint, failure));
    if (named && is_stale(socket.address, endpoint.body)) {
      ::unlink(endpoint.body.c_str());
      socket.notes.push_back(endpoint.text + ": removed the socket of a relay that has gone");
    } else if (core::monotonic_ns() >= give_up_ns) {
      return fail(bind_error(endpoint, failure));
    } else {
      sleep_ns(5'000'000);
      waited = true;
    }
  }
  if (waited) socket.notes.push_back(endpoint.text + ": the address was in use for a moment");
  if (named) socket.path = OwnedPath(endpoint.body);
  return {};
}

}  // namespace

OwnedPath::~OwnedPath() {
  if (!path_.empty()) ::unlink(path_.c_str());
}

std::string format_address(const SocketAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address.storage, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return fmt::format("udp://{}:{}", text.data(), ntohs(v4.sin_port));
  }
  if (address.storage.ss_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address.storage, sizeof v6);
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    return fmt::format("udp://[{}]:{}", text.data(), ntohs(v6.sin6_port));
  }
  sockaddr_un name{};
  std::memcpy(&name, &address.storage, sizeof name);
  const std::size_t used = address.length - offsetof(sockaddr_un, sun_path);
  std::string path(name.sun_path, std::min(used, sizeof name.sun_path));
  if (path.starts_with('\0')) path[0] = '@';
  while (path.ends_with('\0')) path.pop_back();
  return "unix:" + path;
}

Result<SocketAddress> resolve(const Endpoint& endpoint) {
  if (endpoint.scheme == Scheme::unix_socket) return unix_address(endpoint.body);
  return resolve_udp(endpoint);
}

Result<Socket> open_receiver(const Endpoint& endpoint) {
  TALLY_TRY(Socket socket, open_socket(endpoint));
  if (endpoint.scheme == Scheme::udp) {
    TALLY_CHECK(set_buffer(socket, endpoint, "rcvbuf", SO_RCVBUFFORCE, SO_RCVBUF));
  }
  TALLY_CHECK(bind_patiently(socket, endpoint));
  const std::string& path = socket.path.get();
  if (!path.empty() && ::chmod(path.c_str(), 0600) != 0) {
    return fail_errno("cannot set the mode of " + path, errno);
  }
  socket.address.length = sizeof socket.address.storage;
  ::getsockname(socket.fd.get(), reinterpret_cast<sockaddr*>(&socket.address.storage),
                &socket.address.length);
  return socket;
}

Result<Socket> open_sender(const Endpoint& endpoint) {
  if (endpoint.scheme == Scheme::udp && endpoint.port == 0) {
    return fail(Code::usage, fmt::format("endpoint {}: port 0 can only be bound", endpoint.text));
  }
  TALLY_TRY(Socket socket, open_socket(endpoint));
  if (endpoint.scheme == Scheme::udp) {
    TALLY_CHECK(set_buffer(socket, endpoint, "sndbuf", SO_SNDBUFFORCE, SO_SNDBUF));
    TALLY_CHECK(set_buffer(socket, endpoint, "rcvbuf", SO_RCVBUFFORCE, SO_RCVBUF));
  }
  if (::connect(socket.fd.get(), socket.address.get(), socket.address.length) != 0) {
    const int failure = errno;
    const bool nobody = failure == ECONNREFUSED || failure == ENOENT;
    return fail(os_error(nobody ? Code::no_input : core::code_for_errno(failure),
                         fmt::format("endpoint {}: cannot connect", endpoint.text), failure,
                         nobody ? "start the receiver first" : ""));
  }
  return socket;
}

bool refuse_new_packets(const Socket& socket) {
  const int fd = socket.fd.get();
  if (socket.address.storage.ss_family == AF_UNIX) return ::shutdown(fd, SHUT_RD) == 0;
  sock_filter reject_all = BPF_STMT(BPF_RET | BPF_K, 0);
  const sock_fprog program{1, &reject_all};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

std::uint32_t kernel_drops(int fd) {
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t length = sizeof memory;
  if (::getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory.data(), &length) != 0) return 0;
  return length > SK_MEMINFO_DROPS * sizeof(std::uint32_t) ? memory[SK_MEMINFO_DROPS] : 0;
}

}  // namespace tally::net
