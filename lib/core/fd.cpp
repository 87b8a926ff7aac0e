#include "core/fd.hpp"

#include <unistd.h>

namespace tally::core {

void UniqueFd::reset(int fd) {
  // close() is not repeated on EINTR: Linux has released the descriptor by then.
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
}

}  // namespace tally::core
