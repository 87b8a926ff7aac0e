#include "ring/liveness.hpp"

#include <cerrno>
#include <charconv>
#include <fcntl.h>

#include "core/file.hpp"
#include "ring/layout.hpp"

namespace tally::ring {
namespace {

struct flock byte_lock(short type, std::int64_t byte, std::int64_t length = 1) {
  struct flock lock {};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  lock.l_start = byte;
  lock.l_len = length;
  return lock;
}

// A kernel that cannot tell (no memory, a filter of system calls) has not said that nobody is
// there.
bool is_range_locked(int fd, std::int64_t byte, std::int64_t length) {
  struct flock lock = byte_lock(F_WRLCK, byte, length);
  return ::fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

}  // namespace

Result<bool> try_lock_byte(int fd, std::int64_t byte) {
  struct flock lock = byte_lock(F_WRLCK, byte);
  for (;;) {
    if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
    if (errno == EAGAIN || errno == EACCES) return false;
    if (errno != EINTR) return fail_errno("cannot lock a byte of the ring's file", errno);
  }
}

void unlock_byte(int fd, std::int64_t byte) {
  struct flock lock = byte_lock(F_UNLCK, byte);
  ::fcntl(fd, F_OFD_SETLK, &lock);
}

bool is_locked(int fd, std::int64_t byte) {
  return is_range_locked(fd, byte, 1);
}

bool any_endpoint_locked(int fd) {
  return is_range_locked(fd, 0, kTradedEndpointCount);
}

Result<ProcessIdentity> read_process(std::uint32_t pid) {
  TALLY_TRY(const std::string stat, core::read_file("/proc/" + std::to_string(pid) + "/stat"));
  // "PID (comm) S ppid ...": the name may hold spaces and parentheses, so the last ')' ends it.
  const auto open = stat.find('(');
  const auto close = stat.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 >= stat.size()) {
    return fail(Code::bad_data, "/proc/" + std::to_string(pid) + "/stat is not as expected");
  }
  ProcessIdentity identity;
  identity.pid = pid;
  identity.comm = stat.substr(open + 1, close - open - 1).substr(0, 15);
  identity.state = stat[close + 2];
  std::size_t at = close + 2;  // field 3; the start time is field 22
  constexpr int kFieldsBetween = 22 - 3;
  for (int i = 0; i < kFieldsBetween && at != std::string::npos; ++i) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return identity;
  std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), identity.start_ticks);
  return identity;
}

}  // namespace tally::ring
