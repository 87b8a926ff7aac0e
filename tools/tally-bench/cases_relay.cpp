// Cases of tally-relay itself, as a process between two pipes: what a shell's pipeline pays for it.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "cases.hpp"
#include "core/fd.hpp"
#include "core/file.hpp"
#include "net/frame.hpp"

namespace tally::bench_tool {

namespace {

using Subject = std::unique_ptr<bench::Subject>;

constexpr std::size_t kPayloadBytes = 64;
constexpr std::size_t kFrameBytes = net::kRecHeaderBytes + kPayloadBytes;
// What is written before as much is read back: less than a pipe holds, so that neither side waits
// for the other with its hands full.
constexpr std::size_t kBatch = 256;

// A program that copies its standard input to its standard output, between two pipes of ours.
class Filter {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Filter>> start(std::vector<std::string> words) {
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
    UniqueFd in_read(in[0]);
    std::unique_ptr<Filter> filter(new Filter);
    filter->write_.reset(in[1]);
    if (::pipe2(out.data(), O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
    filter->read_.reset(out[0]);
    UniqueFd out_write(out[1]);

    std::vector<char*> arguments;
    arguments.reserve(words.size() + 1);
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, in_read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, out_write.get(), STDOUT_FILENO);
    const int failed =
        ::posix_spawnp(&filter->child_, arguments[0], &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    if (failed == 0) return filter;
    filter->child_ = -1;
    return fail(core::os_error(Code::unavailable, "cannot run " + words[0], failed));
  }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;
  ~Filter() {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    while (::waitpid(child_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }

  [[nodiscard]] int write_end() const { return write_.get(); }
  [[nodiscard]] int read_end() const { return read_.get(); }

 private:
  Filter() = default;
  UniqueFd write_;
  UniqueFd read_;
  pid_t child_ = -1;
};

// One operation is one record in and out again.
class Through final : public bench::Subject {
 public:
  explicit Through(std::unique_ptr<Filter> filter) : filter_(std::move(filter)) {
    const Bytes payload(kPayloadBytes, 0x5a);
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      net::Record record;
      record.sequence = i;
      record.payload = payload;
      // A payload of 64 bytes is within every bound.
      (void)net::encode_frame(net::Framing::rec, record, frames_);
    }
    back_.resize(frames_.size());
  }
  [[nodiscard]] std::uint64_t granularity() const override { return kBatch; }
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations && healthy_; i += kBatch)
      healthy_ = core::write_all(filter_->write_end(), frames_).has_value() && read_back();
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  bool read_back() {
    std::size_t got = 0;
    while (got < back_.size()) {
      const ssize_t count = ::read(filter_->read_end(), back_.data() + got, back_.size() - got);
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) return false;
      got += static_cast<std::size_t>(count);
    }
    // The relay writes headers of its own; the payloads must be those that were sent.
    return std::equal(back_.end() - kPayloadBytes, back_.end(), frames_.end() - kPayloadBytes);
  }

  std::unique_ptr<Filter> filter_;
  Bytes frames_;
  Bytes back_;
  bool healthy_ = true;
};

bench::Factory through(std::vector<std::string> words) {
  return [words = std::move(words)]() -> Result<Subject> {
    TALLY_TRY(auto filter, Filter::start(words));
    return std::make_unique<Through>(std::move(filter));
  };
}

// The relay of the same build or installation: beside this program.
std::string relay_path() {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "tally-relay" : (self.parent_path() / "tally-relay").string();
}

}  // namespace

void add_relay_cases(bench::Registry& registry) {
  static_assert(kFrameBytes * kBatch < 65536, "a pipe holds 64 KiB");
  bench::Case definition;
  definition.name = "relay.pipe.rec64";
  definition.summary = "a record of 64 bytes through tally-relay between two pipes, 256 at a time";
  definition.countable = false;
  definition.make = through({relay_path(), "-", "-", "--from-frame", "rec", "--to-frame", "rec"});
  definition.peers = {{"cat", through({"cat"})}, {"socat", through({"socat", "-", "STDOUT"})}};
  registry.add(definition);
}

}  // namespace tally::bench_tool
