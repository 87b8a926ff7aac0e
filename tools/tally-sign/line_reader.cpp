#include "line_reader.hpp"

#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace tally::sign {

LineReader::Step LineReader::next(std::string_view& line) {
  const ByteView held = ByteView(buffer_).subspan(begin_, end_ - begin_);
  const std::string_view text = core::as_text(held);
  const auto newline = text.find('\n');
  if (newline != std::string_view::npos) {
    begin_ += newline + 1;
    line = text.substr(0, newline);
    if (!skipping_) return Step::line;
    skipping_ = false;
    return Step::too_long;
  }
  if (held.size() == buffer_.size() || (skipping_ && !ended_)) {
    skipping_ = true;
    begin_ = end_ = 0;
    return Step::wait;
  }
  if (!ended_) return Step::wait;
  begin_ = end_ = 0;
  if (skipping_) {
    skipping_ = false;
    return Step::too_long;
  }
  line = text;
  return text.empty() ? Step::end : Step::line;
}

Status LineReader::fill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  for (;;) {
    const ssize_t count = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(core::os_error(Code::io, "cannot read lines", errno));
    ended_ = count == 0;
    end_ += static_cast<std::size_t>(count);
    return {};
  }
}

}  // namespace tally::sign
