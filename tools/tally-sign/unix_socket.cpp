#include "unix_socket.hpp"

#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace tally::sign {
namespace {

constexpr std::string_view kScheme = "unix:";
constexpr int kBacklog = 16;

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

UniqueFd new_socket() {
  return UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool connects(int fd, const std::string& path) {
  const sockaddr_un address = address_of(path);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

Status check_folder(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0) return fail_errno("cannot look at " + folder, errno);
  if ((about.st_mode & S_IWOTH) != 0) {
    return fail(Code::permission, folder + " may be written by everybody",
                "put the socket into a folder of your own: mkdir -m 700 DIR");
  }
  return {};
}

// Removes what an ended process left; anything else in the way stays.
Status clear_stale(const std::string& path) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0) return {};
  if (!S_ISSOCK(about.st_mode)) {
    return fail(Code::cannot_create, path + " exists and is no socket");
  }
  const UniqueFd probe = new_socket();
  const bool listening = connects(probe.get(), path) || errno == EAGAIN;
  if (listening) {
    return fail(Code::cannot_create, "somebody listens on " + path + " already",
                "end that process, or choose another path");
  }
  if (errno != ECONNREFUSED) return fail_errno("cannot look at " + path, errno);
  if (::unlink(path.c_str()) != 0) return fail_errno("cannot remove the old " + path, errno);
  return {};
}

Status bind_private(int fd, const std::string& path) {
  const sockaddr_un address = address_of(path);
  const mode_t mask = ::umask(0177);
  const int failed = ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const int bind_errno = errno;
  ::umask(mask);
  if (failed != 0) {
    const bool denied = bind_errno == EACCES || bind_errno == EPERM;
    return fail(core::os_error(denied ? Code::permission : Code::cannot_create,
                               "cannot create " + path, bind_errno));
  }
  return {};
}

bool same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == ::geteuid() || peer.uid == 0);
}

}  // namespace

Result<std::string> parse_unix_address(std::string_view text) {
  if (!text.starts_with(kScheme)) {
    return fail(Code::usage, fmt::format("'{}' is no socket address", text), "write unix:PATH");
  }
  const std::string path(text.substr(kScheme.size()));
  if (path.empty() || path.size() >= sizeof(sockaddr_un::sun_path)) {
    return fail(Code::usage, fmt::format("'{}' is no socket path", path),
                "a path has 1 to 107 bytes");
  }
  return path;
}

Result<UnixListener> UnixListener::open(const std::string& path) {
  TALLY_CHECK(check_folder(path));
  TALLY_CHECK(clear_stale(path));
  UniqueFd fd = new_socket();
  if (!fd) return fail_errno("cannot create a socket", errno);
  TALLY_CHECK(bind_private(fd.get(), path));
  struct stat about {};
  if (::listen(fd.get(), kBacklog) != 0 || ::lstat(path.c_str(), &about) != 0) {
    return fail_errno("cannot listen on " + path, errno);
  }
  return UnixListener(std::move(fd), path, about.st_ino);
}

UnixListener::~UnixListener() {
  struct stat about {};
  const bool ours = fd_ && ::lstat(path_.c_str(), &about) == 0 && about.st_ino == inode_;
  if (ours) ::unlink(path_.c_str());
}

UniqueFd UnixListener::try_accept() {
  for (;;) {
    UniqueFd peer(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!peer && (errno == EINTR || errno == ECONNABORTED)) continue;
    if (!peer || same_user(peer.get())) return peer;
  }
}

Result<UniqueFd> connect_unix(const std::string& path) {
  UniqueFd fd = new_socket();
  if (!fd) return fail_errno("cannot create a socket", errno);
  if (!connects(fd.get(), path)) {
    const bool later = errno == EAGAIN || errno == ECONNREFUSED;
    return fail(core::os_error(later ? Code::try_again : core::code_for_errno(errno),
                               "cannot connect to " + path, errno));
  }
  if (!same_user(fd.get())) {
    return fail(Code::permission, path + " belongs to a process of another user");
  }
  return fd;
}

}  // namespace tally::sign
