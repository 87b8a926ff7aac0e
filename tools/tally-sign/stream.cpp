#include "stream.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>

namespace tally::sign {
namespace {

// Holds three of the longest messages, so that there is always room for the rest of one.
constexpr std::size_t kReceiveBytes = 256U * 1024;

}  // namespace

Stream::Stream(UniqueFd fd) : fd_(std::move(fd)), in_(kReceiveBytes) {}

bool Stream::receive() {
  if (begin_ > 0) {
    std::memmove(in_.data(), in_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  while (end_ < in_.size()) {
    const ssize_t count = ::recv(fd_.get(), in_.data() + end_, in_.size() - end_, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    if (count == 0) return false;
    const auto wanted = in_.size() - end_;
    end_ += static_cast<std::size_t>(count);
    // Fewer bytes than asked for: the socket is empty now, another call would only say so.
    if (static_cast<std::size_t>(count) < wanted) return true;
  }
  return true;
}

bool Stream::flush() {
  while (sending()) {
    const ssize_t count = ::send(fd_.get(), out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno == EAGAIN;
    sent_ += static_cast<std::size_t>(count);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

}  // namespace tally::sign
