#include "ring/ring_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ring/options.hpp"

namespace tally::ring {
namespace {

constexpr mode_t kMode = 0600;

Status check_file(int fd, const std::string& path) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno("cannot examine " + path, errno);
  if (!S_ISREG(info.st_mode)) {
    return fail(Code::permission, path + " is not a regular file", "choose another ring name");
  }
  if (info.st_uid != ::geteuid()) {
    return fail(Code::permission,
                path + " belongs to user " + std::to_string(info.st_uid) + ", not to this one",
                "choose another ring name; rings are not shared between users");
  }
  if ((info.st_mode & 077U) != 0) {
    return fail(Code::permission, path + " is open to group or others",
                "chmod 600 it if nobody else had a hand in it, else remove it");
  }
  return {};
}

Error create_error(const std::string& path, int os_errno) {
  const bool denied = os_errno == EACCES || os_errno == EPERM;
  return core::os_error(denied ? Code::permission : Code::cannot_create, "cannot create " + path,
                        os_errno, denied ? "" : "see df " + std::string(kRingFolder));
}

}  // namespace

bool is_current(int fd, const std::string& path) {
  struct stat by_fd {};
  struct stat by_path {};
  return ::fstat(fd, &by_fd) == 0 && ::lstat(path.c_str(), &by_path) == 0 &&
         by_fd.st_dev == by_path.st_dev && by_fd.st_ino == by_path.st_ino;
}

Result<UniqueFd> open_ring_file(const std::string& path, bool writable) {
  // O_NONBLOCK: a FIFO of that name must not hold the opener.
  const int access = writable ? O_RDWR : O_RDONLY;
  UniqueFd fd(::open(path.c_str(), access | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!fd && errno == ELOOP) {
    return fail(Code::permission, path + " is a symbolic link",
                "remove it; a ring is never opened through a link");
  }
  if (!fd) return fail_errno("cannot open " + path, errno);
  TALLY_CHECK(check_file(fd.get(), path));
  return fd;
}

Result<UniqueFd> open_or_create_ring_file(const std::string& path) {
  auto opened = open_ring_file(path, true);
  if (opened || opened.error().os_errno != ENOENT) return opened;
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kMode));
  if (!fd && errno == EEXIST) return UniqueFd{};
  if (!fd) return fail(create_error(path, errno));
  // The umask may have taken the owner's own bits.
  if (::fchmod(fd.get(), kMode) != 0) return fail(create_error(path, errno));
  return fd;
}

Status reserve(int fd, const std::string& path, std::uint64_t size_bytes) {
  if (::ftruncate(fd, 0) != 0) return fail(create_error(path, errno));
  int error = 0;
  do {
    error = ::posix_fallocate(fd, 0, static_cast<off_t>(size_bytes));
  } while (error == EINTR);
  if (error == 0) return {};
  return fail(create_error(path + " with " + std::to_string(size_bytes) + " bytes", error));
}

}  // namespace tally::ring
