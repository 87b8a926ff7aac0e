#include "core/process.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sched.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "core/fd.hpp"
#include "core/file.hpp"

namespace tally::core {
namespace {

std::vector<char*> pointers_to(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// What a program gets beside its words, freed at the end of the scope.
class SpawnPlan {
 public:
  explicit SpawnPlan(const SpawnRequest& request) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
    direct(STDIN_FILENO, request.input, O_RDONLY);
    direct(STDOUT_FILENO, request.output, O_WRONLY);
    direct(STDERR_FILENO, request.errors, O_WRONLY);
    int flags = 0;
    if (request.blocked) {
      ::posix_spawnattr_setsigmask(&attributes_, &*request.blocked);
      flags |= POSIX_SPAWN_SETSIGMASK;
    }
    if (request.default_signals) {
      sigset_t signals;
      ::sigemptyset(&signals);
      for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT})
        ::sigaddset(&signals, number);
      ::posix_spawnattr_setsigdefault(&attributes_, &signals);
      flags |= POSIX_SPAWN_SETSIGDEF;
    }
    if (request.own_group) {
      ::posix_spawnattr_setpgroup(&attributes_, 0);
      flags |= POSIX_SPAWN_SETPGROUP;
    }
    if (request.fifo_priority > 0) {
      const sched_param priority{request.fifo_priority};
      ::posix_spawnattr_setschedpolicy(&attributes_, SCHED_FIFO);
      ::posix_spawnattr_setschedparam(&attributes_, &priority);
      flags |= POSIX_SPAWN_SETSCHEDULER;
    }
    ::posix_spawnattr_setflags(&attributes_, static_cast<short>(flags));
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    ::posix_spawnattr_destroy(&attributes_);
    ::posix_spawn_file_actions_destroy(&actions_);
  }

  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void direct(int stream, int to, int mode) {
    if (to == kNullStream)
      ::posix_spawn_file_actions_addopen(&actions_, stream, "/dev/null", mode, 0);
    else if (to != kOwnStream)
      ::posix_spawn_file_actions_adddup2(&actions_, to, stream);
  }

  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

SpawnRequest spawn_request(const ProcessRequest& request, int output) {
  SpawnRequest spawn;
  spawn.arguments = request.arguments;
  spawn.environment = request.environment;
  spawn.output = output;
  return spawn;
}

Result<Child> start_for(const ProcessRequest& request, int output) {
  auto child = Child::start(spawn_request(request, output));
  if (child) return child;
  Error error = child.error();
  error.code = Code::unavailable;
  return fail(std::move(error));
}

}  // namespace

Result<Child> Child::start(const SpawnRequest& request) {
  std::vector<std::string> arguments = request.arguments;
  std::vector<std::string> environment = request.environment.value_or(std::vector<std::string>{});
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const SpawnPlan plan(request);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, argument_pointers[0], plan.actions(), plan.attributes(),
                                    argument_pointers.data(),
                                    request.environment ? environment_pointers.data() : environ);
  if (failed != 0)
    return fail(os_error(code_for_errno(failed), "cannot run " + request.arguments[0], failed));
  return Child(pid, request.own_group);
}

Child::~Child() {
  if (pid_ < 0) return;
  kill(SIGKILL);
  static_cast<void>(wait());
}

void Child::kill(int signal) const {
  if (pid_ > 0) ::kill(own_group_ ? -pid_ : pid_, signal);
}

Result<std::optional<ProcessExit>> Child::wait_with(int flags) {
  int status = 0;
  pid_t ended = -1;
  while ((ended = ::waitpid(pid_, &status, flags)) < 0)
    if (errno != EINTR) return fail_errno("cannot wait for a program", errno);
  if (ended == 0) return std::optional<ProcessExit>();
  pid_ = -1;
  if (WIFEXITED(status)) return std::optional<ProcessExit>({WEXITSTATUS(status), 0});
  return std::optional<ProcessExit>({0, WTERMSIG(status)});
}

Result<ProcessExit> Child::wait() {
  TALLY_TRY(const auto ended, wait_with(0));
  // Without WNOHANG there is an end or an error.
  return *ended;
}

Result<std::optional<ProcessExit>> Child::try_wait() {
  return wait_with(WNOHANG);
}

Result<ProcessEnd> run_process(const ProcessRequest& request) {
  ProcessEnd end;
  if (request.output == ProcessOutput::to_stderr) {
    TALLY_TRY(Child child, start_for(request, STDERR_FILENO));
    TALLY_TRY(const ProcessExit exit, child.wait());
    end.status = exit.code();
    return end;
  }
  TALLY_TRY(Pipe pipe, open_pipe());
  TALLY_TRY(Child child, start_for(request, pipe.write.get()));
  pipe.write.reset();
  // A program whose output is too long is killed with the child: it would wait for ever for
  // somebody to read on.
  TALLY_TRY(end.output, read_fd(pipe.read.get(), "output of " + request.arguments[0],
                                request.output_limit_bytes));
  TALLY_TRY(const ProcessExit exit, child.wait());
  end.status = exit.code();
  return end;
}

}  // namespace tally::core
