#include "mem/memory_file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace tally::mem {
namespace {

// linux/memfd.h, which a program that includes sys/mman.h need not have.
constexpr unsigned kHugeShift = 26;
constexpr unsigned kHuge2m = 21U << kHugeShift;
constexpr unsigned kHuge1g = 30U << kHugeShift;
constexpr int kSizeSeals = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr int kWriteSeals = F_SEAL_WRITE | 0x0010;  // F_SEAL_FUTURE_WRITE

// An invalid descriptor and errno where there is no room.
UniqueFd try_make(const char* name, std::size_t size_bytes, unsigned flags) {
  UniqueFd fd(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | flags));
  if (!fd || ::fchmod(fd.get(), 0600) != 0) return {};
  if (::ftruncate(fd.get(), static_cast<off_t>(size_bytes)) != 0) return {};
  int error = 0;
  do {
    error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(size_bytes));
  } while (error == EINTR);
  errno = error;
  return error == 0 ? std::move(fd) : UniqueFd{};
}

std::size_t round_up(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

}  // namespace

Result<MemoryFile> make_memory_file(const char* name, std::size_t size_bytes,
                                    const PageRequest& request) {
  MemoryFile file;
  const auto attempt = [&](std::size_t unit, unsigned flags) {
    if (file.fd) return;
    file.size_bytes = round_up(size_bytes, unit);
    file.fd = try_make(name, file.size_bytes, flags);
  };
  const bool giant = wants_giant(request, size_bytes);
  const bool huge = wants_huge(request, size_bytes);
  if (giant) attempt(kGiantPageBytes, MFD_HUGETLB | kHuge1g);
  const bool stop = request.strict && request.huge == HugeWish::one_gib;
  if (stop && !file.fd) return fail(strict_error(request.huge));
  if (huge) attempt(kHugePageBytes, MFD_HUGETLB | kHuge2m);
  // Whole pages of 2 MiB, so that the kernel can join small ones into them.
  const bool join = huge && request.huge != HugeWish::automatic;
  attempt(join ? kHugePageBytes : kSmallPageBytes, 0);
  if (file.fd) return file;
  return fail(core::os_error(
      Code::cannot_create, "cannot make a memory file of " + std::to_string(size_bytes) + " bytes",
      errno, "see free -m, and the limits of this container"));
}

Status seal_size(int fd) {
  if (::fcntl(fd, F_ADD_SEALS, kSizeSeals | F_SEAL_SEAL) == 0) return {};
  return fail_errno("cannot seal a memory file", errno);
}

Status check_sealed_size(int fd) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno("cannot examine a memory file", errno);
  if (info.st_uid != ::geteuid()) {
    return fail(Code::permission,
                "the memory belongs to user " + std::to_string(info.st_uid) + ", not to this one",
                "both sides must run as one user");
  }
  const int seals = ::fcntl(fd, F_GET_SEALS);
  if (seals < 0 || !S_ISREG(info.st_mode)) {
    return fail(Code::bad_data, "what was handed over is no memory file",
                "both sides must be of these tools");
  }
  if ((seals & kSizeSeals) != kSizeSeals || (seals & kWriteSeals) != 0) {
    return fail(Code::bad_data,
                "the memory is not sealed as a ring's is (F_SEAL_SHRINK, F_SEAL_GROW, writable)",
                "its giver could cut it while it is in use; both sides must be of these tools");
  }
  return {};
}

Result<UniqueFd> reopen(int fd) {
  const std::string path = "/proc/self/fd/" + std::to_string(fd);
  UniqueFd again(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!again) return fail_errno("cannot open " + path, errno);
  return again;
}

}  // namespace tally::mem
