// Keeps every processor out of its idle states while a command runs. The limit lasts as long as the
// file is open, so that this process stays as the parent: a command that closes the files it
// inherits would end the hold without a word.
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "commands.hpp"
#include "core/process.hpp"

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

sigset_t signals_of_interest() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGCHLD, SIGINT, SIGQUIT, SIGTERM, SIGHUP}) sigaddset(&set, number);
  return set;
}

// Waits for the command and ends as it ended; SIGTERM and SIGHUP go on to it, what the terminal
// sends it has already.
Result<Code> attend(core::Child& child, const sigset_t& set) {
  for (;;) {
    const int number = ::sigwaitinfo(&set, nullptr);
    if (number < 0 && errno != EINTR) return fail_errno("cannot wait for a signal", errno);
    if (number == SIGTERM || number == SIGHUP) child.kill(number);
    TALLY_TRY(const auto ended, child.try_wait());
    if (ended) return static_cast<Code>(ended->code());
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
  core::SpawnRequest request;
  request.arguments = options.hold_command;
  request.input = core::kOwnStream;
  request.blocked = before;
  TALLY_TRY(core::Child child, core::Child::start(request));
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
