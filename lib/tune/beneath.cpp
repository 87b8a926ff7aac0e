#include "tune/beneath.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <deque>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tally::tune {
namespace {

constexpr int kMostLinks = 40;  // as the kernel's MAXSYMLINKS

UniqueFd failed(int os_errno) {
  errno = os_errno;
  return {};
}

UniqueFd open_by_kernel(int root_fd, const std::string& path, int flags, mode_t mode, Links links) {
  open_how how{};
  how.flags = static_cast<unsigned>(flags | O_CLOEXEC);
  how.mode = (flags & O_CREAT) != 0 ? mode : 0;
  how.resolve =
      RESOLVE_NO_MAGICLINKS |
      static_cast<std::uint64_t>(links == Links::as_chroot ? RESOLVE_IN_ROOT : RESOLVE_BENEATH);
  // EAGAIN says that something was renamed while the kernel looked; a few tries are enough.
  for (int attempt = 0;; ++attempt) {
    const long fd = ::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof how);
    if (fd >= 0) return UniqueFd(static_cast<int>(fd));
    if (errno != EINTR && (errno != EAGAIN || attempt == 8)) return {};
  }
}

void prepend(std::deque<std::string>& parts, std::string_view path) {
  std::vector<std::string> fresh;
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    if (slash != 0) fresh.emplace_back(path.substr(0, slash));
    path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
  }
  parts.insert(parts.begin(), fresh.begin(), fresh.end());
}

// Follows a path with the folders it went through on a stack, so that ".." needs no kernel help.
class Walk {
 public:
  Walk(int root_fd, Links links) : root_fd_(root_fd), links_(links) {}

  UniqueFd open(std::string_view path, int flags, mode_t mode) {
    prepend(parts_, path);
    while (!parts_.empty()) {
      const std::string part = std::move(parts_.front());
      parts_.pop_front();
      if (part == ".") continue;
      if (part == "..") {
        if (!step_up()) return {};
        continue;
      }
      const bool last = parts_.empty();
      std::array<char, PATH_MAX> target;
      const ssize_t length = ::readlinkat(top(), part.c_str(), target.data(), target.size());
      if (length >= 0) {
        if (last && (flags & O_NOFOLLOW) != 0) return failed(ELOOP);
        if (!follow({target.data(), static_cast<std::size_t>(length)})) return {};
      } else if (last) {
        return UniqueFd(::openat(top(), part.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, mode));
      } else {
        UniqueFd folder(
            ::openat(top(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
        if (!folder) return {};
        stack_.push_back(std::move(folder));
      }
    }
    return UniqueFd(::openat(top(), ".", flags | O_CLOEXEC, mode));
  }

 private:
  [[nodiscard]] int top() const { return stack_.empty() ? root_fd_ : stack_.back().get(); }

  bool step_up() {
    if (!stack_.empty()) {
      stack_.pop_back();
      return true;
    }
    if (links_ == Links::as_chroot) return true;
    errno = EXDEV;
    return false;
  }

  bool follow(std::string_view target) {
    if (++followed_ > kMostLinks) {
      errno = ELOOP;
      return false;
    }
    if (target.starts_with('/')) {
      if (links_ == Links::refuse_leaving) {
        errno = EXDEV;
        return false;
      }
      stack_.clear();
    }
    prepend(parts_, target);
    return true;
  }

  int root_fd_;
  Links links_;
  int followed_ = 0;
  std::vector<UniqueFd> stack_;
  std::deque<std::string> parts_;
};

}  // namespace

UniqueFd open_beneath(int root_fd, std::string_view path, int flags, mode_t mode, Links links,
                      Resolver resolver) {
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::string relative(path.empty() ? "." : path);
  if (resolver == Resolver::automatic) {
    UniqueFd fd = open_by_kernel(root_fd, relative, flags, mode, links);
    // EPERM may be a container's system-call filter that does not know openat2.
    if (fd || (errno != ENOSYS && errno != EPERM)) return fd;
  }
  return Walk(root_fd, links).open(relative, flags, mode);
}

}  // namespace tally::tune
