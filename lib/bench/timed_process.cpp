#include "bench/timed_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/fd.hpp"
#include "core/process.hpp"
#include "core/units.hpp"

namespace tally::bench {

namespace {

core::SpawnRequest spawn_request(const std::vector<std::string>& words, const TimedOptions& options,
                                 int output) {
  core::SpawnRequest request;
  request.arguments = words;
  request.output = output >= 0 ? output : core::kNullStream;
  request.errors = options.show_errors ? core::kOwnStream : core::kNullStream;
  // None is blocked, none ignored, and Ctrl-C reaches this process alone.
  request.blocked.emplace();
  ::sigemptyset(&*request.blocked);
  request.default_signals = true;
  request.own_group = true;
  request.fifo_priority = options.fifo ? 1 : 0;
  return request;
}

// Takes what the pipe holds now. False when there is more than may be kept.
bool drain(int fd, std::string& into) {
  std::array<char, 65536> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init): read fills it
  for (;;) {
    const ssize_t count = ::read(fd, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    into.append(piece.data(), static_cast<std::size_t>(count));
    if (into.size() > kMostOutputBytes) return false;
  }
}

Status check_exit(const core::ProcessExit& exit, const std::vector<std::string>& words) {
  if (exit.code() == 0) return {};
  const std::string how = exit.signal == 0 ? fmt::format("ended with status {}", exit.status)
                                           : fmt::format("was killed by signal {} ({})",
                                                         exit.signal, ::strsignal(exit.signal));
  return fail(Code::unavailable, shown_command(words) + " " + how,
              "run it by itself, or with -v, to see what it says");
}

enum class Ended { by_itself, stopped, late, too_much };

// Waits for the end of the process behind `process`, taking its output meanwhile.
Ended wait_for(int process, int output, const TimedOptions& options, std::uint64_t deadline_ns,
               std::string& taken) {
  std::array<pollfd, 3> watched{{{process, POLLIN, 0},
                                 {output, POLLIN, 0},
                                 {options.stop_fd, POLLIN, 0}}};  // below 0: not looked at
  for (;;) {
    const std::uint64_t now_ns = core::monotonic_ns();
    if (now_ns >= deadline_ns) return Ended::late;
    const std::uint64_t left_ms =
        std::min<std::uint64_t>((deadline_ns - now_ns) / 1'000'000 + 1, 3'600'000);
    if (::poll(watched.data(), watched.size(), static_cast<int>(left_ms)) < 0) continue;
    if (watched[0].revents != 0) return Ended::by_itself;
    if (watched[2].revents != 0) return Ended::stopped;
    if (watched[1].revents != 0) {
      if (!drain(output, taken)) return Ended::too_much;
      // A command that has closed its output would make every poll return at once.
      if ((watched[1].revents & (POLLHUP | POLLERR)) != 0) watched[1].fd = -1;
    }
  }
}

// Only this end does not block: a command must wait at a full pipe, not fail.
Result<core::Pipe> open_output() {
  TALLY_TRY(core::Pipe pipe, core::open_pipe());
  if (::fcntl(pipe.read.get(), F_SETFL, O_NONBLOCK) != 0)
    return fail_errno("cannot set up a pipe", errno);
  return pipe;
}

}  // namespace

std::string shown_command(const std::vector<std::string>& words) {
  constexpr std::size_t kMostCharacters = 60;
  std::string shown;
  for (const std::string& word : words) shown += (shown.empty() ? "" : " ") + word;
  if (shown.size() > kMostCharacters) shown = shown.substr(0, kMostCharacters) + "...";
  return "'" + shown + "'";
}

Result<std::optional<TimedRun>> run_timed(const std::vector<std::string>& words,
                                          const TimedOptions& options) {
  core::Pipe pipe;
  if (options.capture) {
    TALLY_TRY(pipe, open_output());
  }
  const core::SpawnRequest request = spawn_request(words, options, pipe.write.get());
  const std::uint64_t begin_ns = core::monotonic_ns();
  auto child = core::Child::start(request);
  if (!child)
    return fail_errno("cannot start " + shown_command(words), child.error().os_errno,
                      "the command after -- is run as it stands, without a shell");
  pipe.write.reset();
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, child->pid(), 0)));
  if (!process) return fail_errno("cannot watch a process", errno, "Linux 5.3 and later can");

  TimedRun run;
  const Ended ended =
      wait_for(process.get(), pipe.read.get(), options, begin_ns + options.timeout_ns, run.output);
  if (ended == Ended::stopped) return std::optional<TimedRun>();
  if (ended == Ended::late)
    return fail(Code::unavailable,
                fmt::format("{} did not end within {}", shown_command(words),
                            core::format_duration(options.timeout_ns)),
                "--timeout gives it longer");
  core::ProcessExit exit;
  if (ended == Ended::by_itself) {
    TALLY_TRY(exit, child->wait());
  }
  run.wall_ns = core::monotonic_ns() - begin_ns;
  if (ended == Ended::too_much || (options.capture && !drain(pipe.read.get(), run.output)))
    return fail(Code::bad_data, fmt::format("{} printed more than {} MiB", shown_command(words),
                                            kMostOutputBytes >> 20U));
  TALLY_CHECK(check_exit(exit, words));
  return std::optional<TimedRun>(std::move(run));
}

}  // namespace tally::bench
