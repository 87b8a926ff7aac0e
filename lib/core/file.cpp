#include "core/file.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fd.hpp"

namespace tally::core {
namespace {

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Status sync_folder(const std::string& folder) {
  const UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) return fail_errno("cannot sync folder " + folder, errno);
  return {};
}

Status fill_and_sync(int fd, const std::string& path, ByteView content, mode_t mode) {
  if (::fchmod(fd, mode) != 0) return fail_errno("cannot set the mode of " + path, errno);
  if (auto written = write_all(fd, content); !written) return fail(written.error().in(path));
  if (::fsync(fd) != 0) return fail(os_error(Code::io, "cannot sync " + path, errno));
  return {};
}

Error create_error(const std::string& path, int os_errno) {
  const bool denied = os_errno == EACCES || os_errno == EPERM;
  return os_error(denied ? Code::permission : Code::cannot_create, "cannot create " + path,
                  os_errno);
}

// A rename that fails with EEXIST where `to` is there. File systems that cannot do that in one step
// get it in two.
int rename_to_new(const char* from, const char* to) {
  if (::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return -1;
  struct stat status {};
  if (::lstat(to, &status) == 0) {
    errno = EEXIST;
    return -1;
  }
  return ::rename(from, to);
}

// Fills a file beside `path` and renames it, so that nothing half written ever has that name.
Status put_in_place(const std::string& path, ByteView content, mode_t mode,
                    int (*rename)(const char* from, const char* to)) {
  std::string temporary = path + ".XXXXXX";
  const UniqueFd fd(::mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return fail(create_error(path, errno));
  auto filled = fill_and_sync(fd.get(), path, content, mode);
  if (filled && rename(temporary.c_str(), path.c_str()) != 0) {
    filled = fail(create_error(path, errno));
  }
  if (!filled) {
    ::unlink(temporary.c_str());
    return filled;
  }
  return sync_folder(folder_of(path));
}

}  // namespace

Status write_all(int fd, ByteView content) {
  while (!content.empty()) {
    const ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return fail(os_error(Code::io, "cannot write", errno));
    }
    content = content.subspan(static_cast<std::size_t>(written));
  }
  return {};
}

Result<std::string> read_file(const std::string& path, std::size_t limit_bytes) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open " + path, errno);
  return read_fd(fd.get(), path, limit_bytes);
}

Result<std::string> read_regular_file(const std::string& path, std::size_t limit_bytes) {
  const UniqueFd fd(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW | O_NOCTTY));
  if (!fd && errno == ELOOP) return fail(Code::bad_data, path + " is no regular file");
  if (!fd) return fail_errno("cannot open " + path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("cannot look at " + path, errno);
  if (!S_ISREG(status.st_mode)) return fail(Code::bad_data, path + " is no regular file");
  return read_fd(fd.get(), path, limit_bytes);
}

Result<std::string> read_fd(int fd, const std::string& name, std::size_t limit_bytes) {
  std::string content;
  std::array<char, 16384> chunk;
  for (;;) {
    const ssize_t count = ::read(fd, chunk.data(), chunk.size());
    if (count < 0) {
      if (errno == EINTR) continue;
      return fail(os_error(Code::io, "cannot read " + name, errno));
    }
    if (count == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(count));
    if (content.size() > limit_bytes) {
      return fail(Code::bad_data,
                  name + " is longer than " + std::to_string(limit_bytes) + " bytes");
    }
  }
}

Status replace_file(const std::string& path, ByteView content, mode_t mode) {
  return put_in_place(path, content, mode, ::rename);
}

Status rename_file(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail(create_error(to, errno));
  return sync_folder(folder_of(to));
}

Status rename_file_to_new(const std::string& from, const std::string& to) {
  if (rename_to_new(from.c_str(), to.c_str()) != 0) return fail(create_error(to, errno));
  return sync_folder(folder_of(to));
}

Status remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
    return fail_errno("cannot remove " + path, errno);
  }
  return sync_folder(folder_of(path));
}

Status create_file(const std::string& path, ByteView content, mode_t mode) {
  return put_in_place(path, content, mode, rename_to_new);
}

}  // namespace tally::core
