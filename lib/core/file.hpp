// Whole files: read at once, or replaced so that a reader and a power cut see the old content or
// the new, never half of one.
#pragma once

#include <cstddef>
#include <string>
#include <sys/types.h>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace tally::core {

// Reads a regular file, a pipe or a pseudo file to its end. `limit_bytes` bounds what is read.
// Errors: no_input, permission, io; bad_data when the file is longer than the limit.
[[nodiscard]] Result<std::string> read_file(const std::string& path,
                                            std::size_t limit_bytes = std::size_t{1} << 20U);

// The same of a regular file alone: no pipe in its place makes the caller wait, or says something
// else to each who asks, and no link leads to a device. Errors: also bad_data for what is none.
[[nodiscard]] Result<std::string> read_regular_file(const std::string& path,
                                                    std::size_t limit_bytes);

// As read_file() from an open descriptor, from where it stands; `name` is for the error.
[[nodiscard]] Result<std::string> read_fd(int fd, const std::string& name, std::size_t limit_bytes);

// Writes `content` to a temporary file beside `path`, fsyncs it, renames it over `path` and fsyncs
// the folder. Errors: cannot_create, permission, io; the old file is untouched then.
[[nodiscard]] Status replace_file(const std::string& path, ByteView content, mode_t mode);

// Renames `from` over `to` in the same folder and fsyncs the folder. Errors: cannot_create,
// permission, io.
[[nodiscard]] Status rename_file(const std::string& from, const std::string& to);

// The same, but `to` must not exist. Errors: also cannot_create when it does.
[[nodiscard]] Status rename_file_to_new(const std::string& from, const std::string& to);

// Removes `path`, if it is there, and fsyncs the folder. Errors: permission, io.
[[nodiscard]] Status remove_file(const std::string& path);

// As replace_file(), but `path` must not exist; it gets `mode` whatever the umask.
// Errors: cannot_create (also when it exists), permission, io; nothing is left behind then, but for
// the whole file where only its folder could not be synced.
[[nodiscard]] Status create_file(const std::string& path, ByteView content, mode_t mode);

// Writes all of `content`, going on after short writes and EINTR. Errors: io.
[[nodiscard]] Status write_all(int fd, ByteView content);

}  // namespace tally::core
