#include "custody/private_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/file.hpp"

namespace tally::custody {

Result<UniqueFd> open_private_file(const std::string& path) {
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return fail_errno("cannot open " + path, errno);
  struct stat about {};
  if (::fstat(fd.get(), &about) != 0) return fail_errno("cannot look at " + path, errno);
  if (!S_ISREG(about.st_mode)) return fd;
  if ((about.st_mode & 077U) != 0) {
    return fail(Code::permission,
                fmt::format("{} may be read or written by others (mode {:04o})", path,
                            about.st_mode & 07777U),
                "chmod 600 " + path);
  }
  if (about.st_uid != ::geteuid() && about.st_uid != 0) {
    return fail(Code::permission, fmt::format("{} belongs to user {}", path, about.st_uid),
                "secrets are read from files of one's own");
  }
  return fd;
}

Result<std::string> read_private_file(const std::string& path, std::size_t limit_bytes) {
  TALLY_TRY(const UniqueFd fd, open_private_file(path));
  return core::read_fd(fd.get(), path, limit_bytes);
}

}  // namespace tally::custody
