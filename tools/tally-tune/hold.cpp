// Keeps every processor out of its idle states while a command runs. The limit lasts as long as the
// file is open, so that this process stays as the parent: a command that closes the files it
// inherits would end the hold without a word.
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "commands.hpp"

namespace tally::tool {
namespace {

Result<UniqueFd> hold_latency(const tune::Tree& tree) {
  auto fd = tree.open_file("/dev/cpu_dma_latency", O_WRONLY);
  if (!fd) {
    Error error = fd.error();
    if (error.code == Code::no_input) error.code = Code::unavailable;
    if (error.code == Code::permission) error.hint = "run as root, or give the file to your group";
    return fail(error);
  }
  constexpr std::int32_t kZero = 0;
  if (::write(fd->get(), &kZero, sizeof kZero) != sizeof kZero) {
    return fail_errno("cannot write /dev/cpu_dma_latency", errno);
  }
  return fd;
}

Error cannot_run(const std::string& name, int os_errno) {
  return core::os_error(core::code_for_errno(os_errno), "cannot run " + name, os_errno);
}

sigset_t signals_of_interest() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP}) sigaddset(&set, number);
  return set;
}

Result<pid_t> start(const std::vector<std::string>& command, const sigset_t& mask) {
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigmask(&attributes, &mask);
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, arguments[0], nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) return fail(cannot_run(command.front(), failed));
  return child;
}

// Ends as the child ended: with its status, or by its signal as a shell tells it.
Code code_of(int status) {
  return static_cast<Code>(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

// Waits for the child; SIGTERM and SIGHUP go on to it, what the terminal sends it has already.
Result<Code> attend(pid_t child, const sigset_t& set) {
  for (;;) {
    const int number = ::sigwaitinfo(&set, nullptr);
    if (number < 0 && errno != EINTR) return fail_errno("cannot wait for a signal", errno);
    if (number == SIGTERM || number == SIGHUP) ::kill(child, number);
    int status = 0;
    const pid_t ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return code_of(status);
    if (ended < 0 && errno != EINTR) return fail_errno("cannot wait for the command", errno);
  }
}

Result<Code> run_hold(cli::Invocation& invocation, const Options& options) {
  TALLY_TRY(const tune::Tree tree, tune::Tree::open("/"));
  TALLY_TRY(const UniqueFd held, hold_latency(tree));
  const sigset_t set = signals_of_interest();
  sigset_t before;
  if (::sigprocmask(SIG_BLOCK, &set, &before) != 0)
    return fail_errno("cannot block signals", errno);
  if (options.hold_command.empty()) {
    invocation.out.note("every processor stays awake until this ends");
    int number = 0;
    do {
      number = ::sigwaitinfo(&set, nullptr);
    } while (number == SIGCHLD || (number < 0 && errno == EINTR));
    return number < 0 ? Code::os_failure : static_cast<Code>(128 + number);
  }
  TALLY_TRY(const pid_t child, start(options.hold_command, before));
  return attend(child, set);
}

}  // namespace

void add_hold(cli::App& app, Options& options) {
  cli::Command& command =
      app.root().command("hold", "keep every processor awake while a command runs");
  command.arguments("COMMAND", options.hold_command,
                    "after --, the command; without it, until a signal", false);
  command.example("tally-tune hold -- tally-bench run 'ring.*'");
  command.on_run([&options](cli::Invocation& invocation) { return run_hold(invocation, options); });
}

}  // namespace tally::tool
