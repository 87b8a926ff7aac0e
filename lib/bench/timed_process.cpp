#include "bench/timed_process.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/fd.hpp"
#include "core/units.hpp"

extern char** environ;

namespace tally::bench {

namespace {

// What a spawned process gets, freed at the end of the scope.
class SpawnPlan {
 public:
  SpawnPlan(const TimedOptions& options, int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (output >= 0)
      ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    else
      ::posix_spawn_file_actions_addopen(&actions_, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!options.show_errors)
      ::posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    // A group of its own: Ctrl-C reaches this process alone, and a kill all of the command.
    sigset_t signals;
    ::sigemptyset(&signals);
    ::posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT})
      ::sigaddset(&signals, number);
    ::posix_spawnattr_setsigdefault(&attributes_, &signals);
    ::posix_spawnattr_setpgroup(&attributes_, 0);
    int flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
    if (options.fifo) {
      const sched_param priority{1};
      ::posix_spawnattr_setschedpolicy(&attributes_, SCHED_FIFO);
      ::posix_spawnattr_setschedparam(&attributes_, &priority);
      flags |= POSIX_SPAWN_SETSCHEDULER;
    }
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] Result<pid_t> spawn(const std::vector<std::string>& words) const {
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    // The interface takes pointers to non-const for history's sake and changes nothing.
    for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    pid_t pid = -1;
    const int error = ::posix_spawnp(&pid, argv[0], &actions_, &attributes_, argv.data(), environ);
    if (error == 0) return pid;
    return fail_errno("cannot start " + shown_command(words), error,
                      "the command after -- is run as it stands, without a shell");
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

// A started process: killed with its group and reaped unless it was reaped before.
class Running {
 public:
  explicit Running(pid_t pid) : pid_(pid) {}
  ~Running() {
    if (pid_ < 0) return;
    ::kill(-pid_, SIGKILL);
    static_cast<void>(reap());
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // Its status as waitpid has it.
  int reap() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
};

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

Status check_status(int status, const std::vector<std::string>& words) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  const std::string how = WIFEXITED(status)
                              ? fmt::format("ended with status {}", WEXITSTATUS(status))
                              : fmt::format("was killed by signal {} ({})", WTERMSIG(status),
                                            ::strsignal(WTERMSIG(status)));
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

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> open_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
  Pipe pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  // Only this end: a command must block on a full pipe, not fail.
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
  Pipe pipe;
  if (options.capture) {
    TALLY_TRY(pipe, open_pipe());
  }
  const SpawnPlan plan(options, pipe.write.get());
  const std::uint64_t begin_ns = core::monotonic_ns();
  TALLY_TRY(const pid_t pid, plan.spawn(words));
  Running running(pid);
  pipe.write.reset();
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
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
  const int status = ended == Ended::by_itself ? running.reap() : 0;
  run.wall_ns = core::monotonic_ns() - begin_ns;
  if (ended == Ended::too_much || (options.capture && !drain(pipe.read.get(), run.output)))
    return fail(Code::bad_data, fmt::format("{} printed more than {} MiB", shown_command(words),
                                            kMostOutputBytes >> 20U));
  TALLY_CHECK(check_status(status, words));
  return std::optional<TimedRun>(std::move(run));
}

}  // namespace tally::bench
