#include "net_target.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "net/endpoint.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::string_view kUdp = "udp://";
constexpr std::string_view kTcp = "tcp://";

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);
}

Result<UniqueFd> open_socket(const NetTarget& target) {
  UniqueFd fd(::socket(target.address.storage.ss_family,
                       (target.tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno(target.text + ": no socket", errno);
  if (target.tcp) set_option(fd.get(), IPPROTO_TCP, TCP_NODELAY, 1);
  return fd;
}

Error connect_error(const NetTarget& target, int os_errno) {
  switch (os_errno) {
    case ECONNREFUSED:
      return core::os_error(Code::try_again, target.text + ": nobody listens", os_errno,
                            "tally-bench net --serve " + target.text + " answers there");
    case EINPROGRESS:  // how a connect() that SO_SNDTIMEO ends says so
    case ETIMEDOUT:
      return Error{Code::try_again, target.text + ": nobody answers", "", os_errno};
    default:
      return core::os_error(core::code_for_errno(os_errno), target.text + ": cannot connect",
                            os_errno);
  }
}

}  // namespace

Result<NetTarget> parse_target(const std::string& text) {
  NetTarget target;
  target.text = text;
  target.tcp = text.starts_with(kTcp);
  // The two differ in their first word alone, and lib/net knows how to read the rest.
  std::string as_udp = text;
  if (target.tcp) as_udp.replace(0, kTcp.size(), kUdp);
  auto endpoint = net::parse_endpoint(as_udp);
  if (!as_udp.starts_with(kUdp) || !endpoint || !endpoint->options.empty())
    return fail(Code::usage, fmt::format("'{}' is no address to talk to", text),
                "write udp://HOST:PORT or tcp://HOST:PORT");
  endpoint->text = text;
  TALLY_TRY(target.address, net::resolve(*endpoint));
  return target;
}

Result<UniqueFd> connect_to(const NetTarget& target, std::uint64_t timeout_ns) {
  TALLY_TRY(UniqueFd fd, open_socket(target));
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  const timeval limit{static_cast<time_t>(timeout_ns / kNsPerSecond),
                      static_cast<suseconds_t>(timeout_ns % kNsPerSecond / 1000)};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(fd.get(), target.address.get(), target.address.length) != 0)
    return fail(connect_error(target, errno));
  return fd;
}

Result<UniqueFd> bind_to(const NetTarget& target) {
  TALLY_TRY(UniqueFd fd, open_socket(target));
  if (target.tcp) set_option(fd.get(), SOL_SOCKET, SO_REUSEADDR, 1);
  constexpr int kBacklog = 64;
  if (::bind(fd.get(), target.address.get(), target.address.length) == 0 &&
      (!target.tcp || ::listen(fd.get(), kBacklog) == 0))
    return fd;
  const int failure = errno;
  return fail(core::os_error(
      failure == EADDRINUSE ? Code::try_again : core::code_for_errno(failure),
      target.text + ": cannot bind", failure, failure == EADDRINUSE ? "choose another port" : ""));
}

std::string bound_text(const NetTarget& target, int fd) {
  net::SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0)
    return target.text;
  std::string text = net::format_address(bound);
  if (target.tcp) text.replace(0, kUdp.size(), kTcp);
  return text;
}

}  // namespace tally::bench_tool
