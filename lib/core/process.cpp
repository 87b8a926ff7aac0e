#include "core/process.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
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

// Standard input from /dev/null; standard output to `write_end`, or to our standard error.
class FileActions {
 public:
  explicit FileActions(int write_end) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, write_end, STDOUT_FILENO);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  [[nodiscard]] const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

Result<pid_t> start(const ProcessRequest& request, int write_end) {
  std::vector<std::string> arguments = request.arguments;
  std::vector<std::string> environment = request.environment.value_or(std::vector<std::string>{});
  const std::vector<char*> argument_pointers = pointers_to(arguments);
  const std::vector<char*> environment_pointers = pointers_to(environment);
  const FileActions actions(write_end);
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, argument_pointers[0], actions.get(), nullptr, argument_pointers.data(),
                     request.environment ? environment_pointers.data() : environ);
  if (failed != 0) {
    return fail(os_error(Code::unavailable, "cannot run " + request.arguments[0], failed));
  }
  return child;
}

Result<int> wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return fail_errno("cannot wait for a program", errno);
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace

Result<ProcessEnd> run_process(const ProcessRequest& request) {
  ProcessEnd end;
  if (request.output == ProcessOutput::to_stderr) {
    TALLY_TRY(const pid_t child, start(request, STDERR_FILENO));
    TALLY_TRY(end.status, wait_for(child));
    return end;
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("cannot make a pipe", errno);
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  TALLY_TRY(const pid_t child, start(request, write_end.get()));
  write_end.reset();
  auto output =
      read_fd(read_end.get(), "output of " + request.arguments[0], request.output_limit_bytes);
  if (!output) ::kill(child, SIGKILL);  // it would wait for ever for somebody to read on
  TALLY_TRY(end.status, wait_for(child));
  TALLY_TRY(end.output, std::move(output));
  return end;
}

}  // namespace tally::core
