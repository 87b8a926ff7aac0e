#include "filter.hpp"

#include <cerrno>
#include <filesystem>
#include <unistd.h>
#include <utility>

#include "core/file.hpp"
#include "net/frame.hpp"

namespace tally::bench_tool {

Result<Filter> Filter::start(const std::vector<std::string>& words) {
  TALLY_TRY(core::Pipe in, core::open_pipe());
  TALLY_TRY(core::Pipe out, core::open_pipe());
  core::SpawnRequest request;
  request.arguments = words;
  request.input = in.read.get();
  request.output = out.write.get();
  // A Ctrl-C is for this program, which then ends that one.
  request.own_group = true;
  TALLY_TRY(core::Child child, core::Child::start(request));
  return Filter(std::move(child), std::move(in.write), std::move(out.read));
}

std::string sibling_program(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? name : (self.parent_path() / name).string();
}

Through::Through(Filter filter, std::uint64_t records, Bytes frames, std::size_t answer_bytes,
                 Check check)
    : check_(std::move(check)),
      filter_(std::move(filter)),
      records_(records),
      frames_(std::move(frames)),
      answer_(answer_bytes) {}

void Through::run(std::size_t /*side*/, std::uint64_t operations) {
  for (std::uint64_t i = 0; i < operations && healthy_; i += records_)
    healthy_ = core::write_all(filter_.write_end(), frames_).has_value() && read_answer();
}

bool Through::read_answer() {
  std::size_t got = 0;
  while (got < answer_.size()) {
    const ssize_t count = ::read(filter_.read_end(), answer_.data() + got, answer_.size() - got);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    got += static_cast<std::size_t>(count);
  }
  answered_ = true;
  return true;
}

Bytes record_frames(std::uint64_t records, std::size_t payload_bytes) {
  const Bytes payload(payload_bytes, 0x5a);
  Bytes frames;
  for (std::uint64_t i = 0; i < records; ++i) {
    net::Record record;
    record.sequence = i;
    record.payload = payload;
    // Payloads here are within every bound.
    (void)net::encode_frame(net::Framing::rec, record, frames);
  }
  return frames;
}

}  // namespace tally::bench_tool
