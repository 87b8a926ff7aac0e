#include "net/frame_decoder.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "net/jsonl.hpp"

namespace tally::net {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{256} << 10U;
constexpr std::size_t kLeastSpaceBytes = std::size_t{64} << 10U;
// Room for the other fields of a jsonl line, and for keys of others.
constexpr std::size_t kJsonlOverheadBytes = 4096;
static_assert(2 * kMaxPayloadBytes + kJsonlOverheadBytes + 1 + kLeastSpaceBytes <= kBufferBytes);

}  // namespace

FrameDecoder::FrameDecoder(Framing framing) : framing_(framing), buffer_(kBufferBytes) {}

MutableByteView FrameDecoder::space() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (buffer_.size() - end_ < kLeastSpaceBytes) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return MutableByteView(buffer_).subspan(end_);
}

void FrameDecoder::filled(std::size_t bytes) {
  end_ = std::min(end_ + bytes, buffer_.size());
}

FrameDecoder::Step FrameDecoder::next(Record& out) {
  if (failed_) return Step::failed;
  return framing_ == Framing::rec ? next_rec(out) : next_line(out);
}

FrameDecoder::Step FrameDecoder::next_rec(Record& out) {
  const std::size_t have = end_ - begin_;
  if (have < kRecHeaderBytes) {
    if (!ended_) return Step::need_more;
    return have == 0 ? Step::end : cut_off(kRecHeaderBytes - have);
  }
  const auto header = ByteView(buffer_).subspan(begin_).first<kRecHeaderBytes>();
  std::size_t length = 0;
  const HeaderFault fault = decode_rec_header(header, out, length);
  if (fault != HeaderFault::none) return fail_frame(describe(fault, header));
  if (have - kRecHeaderBytes < length) {
    return ended_ ? cut_off(kRecHeaderBytes + length - have) : Step::need_more;
  }
  out.payload = ByteView(buffer_).subspan(begin_ + kRecHeaderBytes, length);
  consume(kRecHeaderBytes + length);
  return Step::record;
}

FrameDecoder::Step FrameDecoder::next_line(Record& out) {
  const std::size_t have = end_ - begin_;
  const std::uint8_t* const start = buffer_.data() + begin_;
  const void* const newline = std::memchr(start + scanned_, '\n', have - scanned_);
  if (newline == nullptr && !ended_) {
    if (have > longest_line())
      return fail_line(fmt::format("longer than {} bytes", longest_line()));
    scanned_ = have;
    return Step::need_more;
  }
  if (newline == nullptr && have == 0) return Step::end;
  const std::size_t length =
      newline == nullptr
          ? have
          : static_cast<std::size_t>(static_cast<const std::uint8_t*>(newline) - start);
  if (length > longest_line())
    return fail_line(fmt::format("longer than {} bytes", longest_line()));
  const MutableByteView line = MutableByteView(buffer_).subspan(begin_, length);
  const Step step = parse_line(line, out);
  if (step == Step::record) {
    consume(length + (newline == nullptr ? 0 : 1));
    ++lines_;
  }
  return step;
}

FrameDecoder::Step FrameDecoder::parse_line(MutableByteView line, Record& out) {
  out = Record{};
  out.sequence = ++sequence_;
  if (framing_ == Framing::jsonl) {
    const char* const wrong = parse_jsonl(line, out);
    return wrong == nullptr ? Step::record : fail_line(wrong);
  }
  out.payload = line;
  if (framing_ != Framing::hex) return Step::record;
  std::size_t bad_at = 0;
  const std::size_t length = decode_hex_in_place(line, bad_at);
  if (length != SIZE_MAX) {
    out.payload = line.first(length);
    return Step::record;
  }
  if (bad_at == line.size()) {
    return fail_line(fmt::format("{} hexadecimal digits do not make whole bytes", line.size()));
  }
  return fail_line(fmt::format("character {} is not a hexadecimal digit", bad_at + 1));
}

std::size_t FrameDecoder::longest_line() const {
  if (framing_ == Framing::line) return kMaxPayloadBytes;
  return 2 * kMaxPayloadBytes + (framing_ == Framing::jsonl ? kJsonlOverheadBytes : 0);
}

FrameDecoder::Step FrameDecoder::fail_frame(const Error& error) {
  error_ = error.in(fmt::format("frame at byte {}", offset_));
  failed_ = true;
  return Step::failed;
}

FrameDecoder::Step FrameDecoder::fail_line(std::string message) {
  error_ = Error{Code::bad_data, fmt::format("line {}: {}", lines_ + 1, message), {}, 0};
  failed_ = true;
  return Step::failed;
}

FrameDecoder::Step FrameDecoder::cut_off(std::size_t missing_bytes) {
  return fail_frame(Error{Code::bad_data,
                          fmt::format("truncated, {} byte{} missing", missing_bytes,
                                      missing_bytes == 1 ? " is" : "s are"),
                          "the input ended in the middle of a record", 0});
}

void FrameDecoder::consume(std::size_t bytes) {
  begin_ += bytes;
  offset_ += bytes;
  scanned_ = 0;
}

}  // namespace tally::net
