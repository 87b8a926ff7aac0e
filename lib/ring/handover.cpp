#include "ring/handover.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "core/stop.hpp"
#include "ring/waiting.hpp"

namespace tally::ring {
namespace {

constexpr std::size_t kMostPathBytes = 96;  // of the 107 of a socket's; the rest is a suffix
constexpr char kTaken = 'T';

Result<UniqueFd> make_socket() {
  UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot make a Unix socket", errno);
  return fd;
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  return address;
}

template <typename Call>
bool with_address(Call call, int fd, const std::string& path) {
  const sockaddr_un address = address_of(path);
  return call(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

// Until when a connect() waits where as many others wait already as the listener has room for.
void bound_connect(int fd, std::uint64_t deadline_ns) {
  const std::uint64_t now_ns = core::monotonic_ns();
  // None at all would be for ever.
  const std::uint64_t left_us = 1 + (deadline_ns > now_ns ? (deadline_ns - now_ns) / 1'000 : 0);
  timeval left{};
  left.tv_sec = static_cast<time_t>(left_us / 1'000'000);
  left.tv_usec = static_cast<suseconds_t>(left_us % 1'000'000);
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &left, sizeof left));
}

// Invalid when nobody listens there. What a killed process left there is taken away: under the name
// `aside` first, where it is asked again, because another may have put a live one there meanwhile.
Result<UniqueFd> connect_to(const std::string& path, const std::string& aside,
                            std::uint64_t deadline_ns) {
  TALLY_TRY(UniqueFd fd, make_socket());
  bound_connect(fd.get(), deadline_ns);
  if (with_address(::connect, fd.get(), path)) return fd;
  const int error = errno;
  // A file of another type refuses as well, and a link to nothing looks like no file.
  struct stat info {};
  const bool is_there = ::lstat(path.c_str(), &info) == 0;
  if (is_there && !S_ISSOCK(info.st_mode)) {
    return fail(Code::usage, path + " is no socket", "choose another path");
  }
  if (error == ENOENT) return UniqueFd{};
  if (error == EINTR && core::StopSignal::requested()) return fail(stopped_before("it was taken"));
  if (error == EAGAIN) {
    return fail(Code::try_again, "others wait at " + path + " and who listens takes none of them",
                "see who that is: ss -xlp");
  }
  if (error != ECONNREFUSED) {
    return fail(core::os_error(Code::permission, "cannot connect to " + path, error));
  }
  if (!is_there || ::rename(path.c_str(), aside.c_str()) != 0) {
    if (!is_there || errno == ENOENT) return UniqueFd{};
    return fail(core::os_error(Code::permission, "cannot remove the old " + path, errno));
  }
  TALLY_TRY(fd, make_socket());
  bound_connect(fd.get(), deadline_ns);
  const bool lives = with_address(::connect, fd.get(), aside);
  ::unlink(aside.c_str());
  return lives ? std::move(fd) : UniqueFd{};
}

// A socket that listens, under a name that nobody else looks for.
Result<UniqueFd> listen_at(const std::string& path) {
  TALLY_TRY(UniqueFd fd, make_socket());
  ::unlink(path.c_str());
  if (!with_address(::bind, fd.get(), path)) {
    return fail(core::os_error(Code::cannot_create, "cannot make " + path, errno));
  }
  if (::listen(fd.get(), 1) != 0) return fail_errno("cannot listen at " + path, errno);
  return fd;
}

Status check_user(int fd) {
  ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
    return fail_errno("cannot ask who is at the socket", errno);
  }
  if (peer.uid == ::geteuid()) return {};
  return fail(Code::permission,
              "user " + std::to_string(peer.uid) + " is at the socket, not this one",
              "both sides must run as one user");
}

// Whether `fd` can be read until then, or until a stop is asked for.
bool wait_until(int fd, std::uint64_t deadline_ns) {
  for (;;) {
    const std::uint64_t now_ns = core::monotonic_ns();
    const std::uint64_t left_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    constexpr std::uint64_t kNsPerMs = 1'000'000;
    // A stop may be asked for between the look at it and the poll.
    constexpr std::uint64_t kMostMs = 50;
    pollfd look{fd, POLLIN, 0};
    const int ready = ::poll(&look, 1, static_cast<int>(std::min(left_ns / kNsPerMs + 1, kMostMs)));
    if (ready > 0) return true;
    if (left_ns == 0 || core::StopSignal::requested()) return false;
  }
}

// Room for one descriptor beside one byte, aligned as the kernel writes it.
struct Message {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};

  Message() {
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = control.data();
    header.msg_controllen = control.size();
  }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
};

bool send_descriptor(int socket, int fd) {
  Message message;
  cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(control), &fd, sizeof fd);
  return ::sendmsg(socket, &message.header, MSG_NOSIGNAL) == 1;
}

// All descriptors of a message that was received, whoever sent it and whatever it should have been.
std::vector<UniqueFd> descriptors_of(msghdr& header) {
  std::vector<UniqueFd> all;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t at = CMSG_LEN(0); at + sizeof(int) <= part->cmsg_len; at += sizeof(int)) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + (at - CMSG_LEN(0)), sizeof fd);
      all.emplace_back(fd);
    }
  }
  return all;
}

}  // namespace

Status check_handover_path(const std::string& path) {
  const bool right =
      !path.empty() && path.size() <= kMostPathBytes && path.find('\0') == std::string::npos;
  if (right) return {};
  return fail(Code::usage, "memfd: '" + path + "' is not a path for a socket",
              "a path of 1 to " + std::to_string(kMostPathBytes) + " bytes");
}

Result<HandoverSocket> HandoverSocket::open(const std::string& path, std::uint64_t deadline_ns) {
  TALLY_CHECK(check_handover_path(path));
  const std::string own = path + "." + std::to_string(::getpid());
  HandoverSocket socket;
  for (;;) {
    TALLY_TRY(socket.fd_, connect_to(path, own, deadline_ns));
    if (socket.fd_) break;
    // It listens before it has its name, so that who is refused at the name found a dead one.
    TALLY_TRY(socket.fd_, listen_at(own));
    const bool named = ::link(own.c_str(), path.c_str()) == 0;
    const int error = errno;
    ::unlink(own.c_str());
    if (named) {
      socket.path_ = path;
      return socket;
    }
    if (error != EEXIST) {
      return fail(core::os_error(Code::cannot_create, "cannot make " + path, error));
    }
    if (core::StopSignal::requested()) return fail(stopped_before("it was taken"));
    if (core::monotonic_ns() >= deadline_ns) {
      return fail(Code::try_again, "sockets come and go at " + path,
                  "one ring at a time is handed over at a path");
    }
  }
  TALLY_CHECK(check_user(socket.fd_.get()));
  return socket;
}

HandoverSocket::HandoverSocket(HandoverSocket&& other) noexcept
    : path_(std::exchange(other.path_, {})), fd_(std::move(other.fd_)) {}

HandoverSocket::~HandoverSocket() {
  if (gives()) ::unlink(path_.c_str());
}

Status HandoverSocket::give(int ring, std::uint64_t deadline_ns) const {
  while (wait_until(fd_.get(), deadline_ns)) {
    const UniqueFd taker(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!taker || !check_user(taker.get())) continue;
    if (!send_descriptor(taker.get(), ring)) continue;
    char answer = 0;
    const bool taken = wait_until(taker.get(), deadline_ns) &&
                       ::recv(taker.get(), &answer, 1, 0) == 1 && answer == kTaken;
    if (taken) return {};
  }
  if (core::StopSignal::requested()) return fail(stopped_before("anybody took it"));
  return fail(Code::try_again, "nobody came to " + path_ + " to take it",
              "start the other side, or raise open-timeout");
}

Result<UniqueFd> HandoverSocket::take(std::uint64_t deadline_ns) const {
  if (!wait_until(fd_.get(), deadline_ns)) {
    if (core::StopSignal::requested()) return fail(stopped_before("it was given"));
    return fail(Code::try_again, "who listens at the socket gives nothing",
                "see who that is: ss -xlp");
  }
  Message message;
  const ssize_t got = ::recvmsg(fd_.get(), &message.header, MSG_CMSG_CLOEXEC);
  if (got == 0 || (got < 0 && errno == ECONNRESET)) {
    return fail(Code::try_again, "who listened at the socket has gone, or gave it to another",
                "start both sides again");
  }
  if (got < 0) return fail_errno("cannot take what is given at the socket", errno);
  std::vector<UniqueFd> given = descriptors_of(message.header);
  // Of more than there is room for, the kernel closes the rest and says so.
  if (given.size() != 1 || (message.header.msg_flags & MSG_CTRUNC) != 0) {
    return fail(Code::bad_data, "what was given at the socket is not one descriptor",
                "both sides must be of these tools");
  }
  return std::move(given.front());
}

Status HandoverSocket::accept() const {
  if (::send(fd_.get(), &kTaken, 1, MSG_NOSIGNAL) == 1) return {};
  return fail_errno("cannot answer at the socket", errno);
}

}  // namespace tally::ring
