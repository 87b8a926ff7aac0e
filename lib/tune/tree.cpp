#include "tune/tree.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/file.hpp"
#include "tune/beneath.hpp"

namespace tally::tune {
namespace {

Result<bool> is_this_hosts_root(int fd) {
  struct stat ours {};
  struct stat real {};
  if (::fstat(fd, &ours) != 0 || ::stat("/", &real) != 0) return fail_errno("cannot stat /", errno);
  return ours.st_dev == real.st_dev && ours.st_ino == real.st_ino;
}

}  // namespace

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

std::string last_part(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

Result<Tree> Tree::open(const std::string& root) {
  UniqueFd fd(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return fail_errno("cannot open the root folder " + root, errno);
  TALLY_TRY(const bool live, is_this_hosts_root(fd.get()));
  return Tree(std::move(fd), root, live);
}

std::string Tree::shown(const std::string& path) const {
  if (live_) return path;
  return (name_.ends_with('/') ? name_.substr(0, name_.size() - 1) : name_) + path;
}

Error Tree::error_for(const std::string& what, const std::string& path, int os_errno) const {
  if (os_errno == EXDEV || os_errno == ELOOP) {
    return Error{Code::bad_data,
                 fmt::format("{} is a link that leads out of the tree", shown(path)),
                 "links inside a --root tree must be relative and stay in it", os_errno};
  }
  return core::os_error(core::code_for_errno(os_errno), fmt::format("{} {}", what, shown(path)),
                        os_errno);
}

Result<UniqueFd> Tree::open_file(const std::string& path, int flags, mode_t mode) const {
  UniqueFd fd = open_beneath(root_.get(), path, flags, mode,
                             live_ ? Links::as_chroot : Links::refuse_leaving);
  if (!fd) return fail(error_for("cannot open", path, errno));
  return fd;
}

Result<std::string> Tree::read(const std::string& path, std::size_t limit_bytes) const {
  // O_NONBLOCK: a pipe that someone put into the tree must not hold us up.
  TALLY_TRY(const UniqueFd fd, open_file(path, O_RDONLY | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return fail(error_for("cannot stat", path, errno));
  if (!S_ISREG(info.st_mode) && !(live_ && S_ISCHR(info.st_mode))) {
    return fail(error_for("cannot read", path, S_ISDIR(info.st_mode) ? EISDIR : EINVAL));
  }
  std::string content;
  std::array<char, 4096> chunk;
  for (;;) {
    const ssize_t count = ::read(fd.get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(error_for("cannot read", path, errno));
    if (count == 0) return content;
    content.append(chunk.data(), static_cast<std::size_t>(count));
    if (content.size() > limit_bytes) {
      return fail(Code::bad_data,
                  fmt::format("{} is longer than {} bytes", shown(path), limit_bytes));
    }
  }
}

Status Tree::write_value(const std::string& path, std::string_view bytes) const {
  TALLY_TRY(const UniqueFd fd,
            open_file(path, O_WRONLY | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  ssize_t written = 0;
  do {
    written = ::write(fd.get(), bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  if (written < 0) return fail(error_for("cannot write", path, errno));
  if (static_cast<std::size_t>(written) != bytes.size()) {
    return fail(Code::io,
                fmt::format("{} took {} of {} bytes", shown(path), written, bytes.size()));
  }
  return {};
}

Result<std::vector<std::string>> Tree::list(const std::string& folder) const {
  TALLY_TRY(UniqueFd fd, open_file(folder, O_RDONLY | O_DIRECTORY));
  const std::unique_ptr<DIR, int (*)(DIR*)> stream(::fdopendir(fd.get()), ::closedir);
  if (!stream) return fail(error_for("cannot list", folder, errno));
  static_cast<void>(fd.release());  // closedir() closes it
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = &entry->d_name[0];
    if (name != "." && name != "..") names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Status Tree::make_folders(const std::string& folder, mode_t mode) const {
  if (folder == "/" || open_file(folder, O_PATH | O_DIRECTORY)) return {};
  const std::string parent = folder_of(folder);
  TALLY_CHECK(make_folders(parent, mode));
  TALLY_TRY(const UniqueFd fd, open_file(parent, O_RDONLY | O_DIRECTORY));
  if (::mkdirat(fd.get(), last_part(folder).c_str(), mode) != 0 && errno != EEXIST) {
    const bool denied = errno == EACCES || errno == EPERM;
    return fail(core::os_error(denied ? Code::permission : Code::cannot_create,
                               "cannot create " + shown(folder), errno));
  }
  return sync_folder(parent);
}

Status Tree::replace(const std::string& path, std::string_view content, mode_t mode) const {
  TALLY_TRY(const UniqueFd folder, open_file(folder_of(path), O_RDONLY | O_DIRECTORY));
  const std::string name = last_part(path);
  const std::string temporary = fmt::format(".{}.{}.tmp", name, ::getpid());
  const auto cannot = [&](int os_errno) {
    ::unlinkat(folder.get(), temporary.c_str(), 0);
    const bool denied = os_errno == EACCES || os_errno == EPERM;
    return fail(core::os_error(denied ? Code::permission : Code::cannot_create,
                               "cannot create " + shown(path), os_errno));
  };
  // A file of this name is left over from a process that was killed here and had our number.
  ::unlinkat(folder.get(), temporary.c_str(), 0);
  const UniqueFd fd(::openat(folder.get(), temporary.c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode));
  if (!fd || ::fchmod(fd.get(), mode) != 0) return cannot(errno);
  if (auto written = core::write_all(fd.get(), core::as_bytes(content)); !written) {
    ::unlinkat(folder.get(), temporary.c_str(), 0);
    return fail(written.error().in(shown(path)));
  }
  if (::fsync(fd.get()) != 0) return cannot(errno);
  if (::renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0) {
    return cannot(errno);
  }
  if (::fsync(folder.get()) != 0) return fail(error_for("cannot sync the folder of", path, errno));
  return {};
}

Status Tree::remove(const std::string& path) const {
  TALLY_TRY(const UniqueFd folder, open_file(folder_of(path), O_RDONLY | O_DIRECTORY));
  if (::unlinkat(folder.get(), last_part(path).c_str(), 0) != 0) {
    return fail(error_for("cannot remove", path, errno));
  }
  if (::fsync(folder.get()) != 0) return fail(error_for("cannot sync the folder of", path, errno));
  return {};
}

Status Tree::sync_folder(const std::string& folder) const {
  TALLY_TRY(const UniqueFd fd, open_file(folder, O_RDONLY | O_DIRECTORY));
  if (::fsync(fd.get()) != 0) return fail(error_for("cannot sync the folder", folder, errno));
  return {};
}

bool is_part_of(std::string_view name, std::string_view file) {
  const std::string prefix = fmt::format(".{}.", file);
  constexpr std::string_view kSuffix = ".tmp";
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) return false;
  if (name.size() <= prefix.size() + kSuffix.size()) return false;
  name = name.substr(prefix.size(), name.size() - prefix.size() - kSuffix.size());
  return name.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace tally::tune
