#include "udp_pair.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <sys/socket.h>

namespace tally::bench_tool {

namespace {

Result<UniqueFd> bound_socket(sockaddr_in& address) {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot make a socket", errno);
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (::bind(fd.get(), plain, length) != 0 || ::getsockname(fd.get(), plain, &length) != 0) {
    return fail_errno("cannot bind a socket to the loopback", errno);
  }
  return fd;
}

Status join(int fd, const sockaddr_in& address) {
  const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
  if (::connect(fd, plain, sizeof address) == 0) return {};
  return fail_errno("cannot connect a socket", errno);
}

}  // namespace

Result<SocketPair> udp_pair() {
  sockaddr_in near_address{};
  sockaddr_in far_address{};
  SocketPair pair;
  TALLY_TRY(pair.near, bound_socket(near_address));
  TALLY_TRY(pair.far, bound_socket(far_address));
  TALLY_CHECK(join(pair.near.get(), far_address));
  TALLY_CHECK(join(pair.far.get(), near_address));
  return pair;
}

}  // namespace tally::bench_tool
