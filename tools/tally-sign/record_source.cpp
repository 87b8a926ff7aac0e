#include "record_source.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

namespace tally::sign {

bool StreamSource::try_next(net::Record& out) {
  while (!ended_) {
    switch (decoder_.next(out)) {
      case net::FrameDecoder::Step::record:
        return true;
      case net::FrameDecoder::Step::need_more:
        if (!read_some()) return false;
        break;
      case net::FrameDecoder::Step::failed:
        error_ = decoder_.error();
        ended_ = true;
        break;
      case net::FrameDecoder::Step::end:
        ended_ = true;
        break;
    }
  }
  return false;
}

// Whether the decoder may have got further.
bool StreamSource::read_some() {
  pollfd entry{fd_, POLLIN, 0};
  if (::poll(&entry, 1, 0) <= 0) return false;
  const MutableByteView space = decoder_.space();
  const ssize_t count = ::read(fd_, space.data(), space.size());
  if (count < 0) {
    if (errno == EINTR || errno == EAGAIN) return false;
    error_ = core::os_error(Code::io, "cannot read records", errno);
    ended_ = true;
    return false;
  }
  if (count == 0) decoder_.end_input();
  decoder_.filled(static_cast<std::size_t>(count));
  return true;
}

Status StreamSource::end_status() const {
  if (error_.code != Code::ok) return fail(error_);
  return {};
}

bool SingleSource::try_next(net::Record& out) {
  if (taken_) return false;
  taken_ = true;
  out = {};
  out.sequence = 1;
  out.payload = core::as_bytes(message_);
  return true;
}

}  // namespace tally::sign
