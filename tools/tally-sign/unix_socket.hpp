// Stream sockets between processes of one user on one host. The file system keeps others out (mode
// 0600, in a folder only trusted users can write to) and SO_PEERCRED proves it for each connection.
#pragma once

#include <string>
#include <string_view>
#include <sys/types.h>

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::sign {

// "unix:PATH" to PATH. Errors: usage, also for a path that no socket address holds.
[[nodiscard]] Result<std::string> parse_unix_address(std::string_view text);

// A bound, listening, non-blocking socket whose file goes away with it.
class UnixListener {
 public:
  // Takes the place of a socket file that nobody listens on any more. Errors: permission when the
  // folder may be written by everybody; cannot_create when somebody listens there already, or the
  // path is something else than a socket; no_input when the folder is missing.
  [[nodiscard]] static Result<UnixListener> open(const std::string& path);

  UnixListener(UnixListener&&) = default;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  [[nodiscard]] int fd() const { return fd_.get(); }
  // The next waiting connection, non-blocking, of a process of this user (or root). Empty when none
  // waits; a connection of somebody else is closed and passed over.
  [[nodiscard]] UniqueFd try_accept();

 private:
  UnixListener(UniqueFd fd, std::string path, ino_t inode)
      : fd_(std::move(fd)), path_(std::move(path)), inode_(inode) {}

  UniqueFd fd_;
  std::string path_;
  ino_t inode_;
};

// A non-blocking connection to a process of this user. Errors: no_input, try_again, permission when
// the other end belongs to somebody else.
[[nodiscard]] Result<UniqueFd> connect_unix(const std::string& path);

}  // namespace tally::sign
