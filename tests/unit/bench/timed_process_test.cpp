#include "bench/timed_process.hpp"

#include <csignal>
#include <doctest/doctest.h>
#include <string>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

#include "core/fd.hpp"

namespace bench = tally::bench;
using tally::Code;
using Words = std::vector<std::string>;

namespace {

tally::Result<std::optional<bench::TimedRun>> run(const Words& words,
                                                  const bench::TimedOptions& options = {}) {
  return bench::run_timed(words, options);
}

Words shell(const char* script) {
  return {"sh", "-c", script};
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a command is timed to its end") {
  const auto ran = run({"sleep", "0.05"});
  REQUIRE(ran);
  REQUIRE(*ran);
  CHECK((*ran)->wall_ns >= 50'000'000);
  CHECK((*ran)->output.empty());
}

TEST_CASE("output is kept whole also when it is more than a pipe holds") {
  bench::TimedOptions options;
  options.capture = true;
  const auto ran = run(shell("head -c 300000 /dev/zero; echo end"), options);
  REQUIRE(ran);
  CHECK((*ran)->output.size() == 300004);
  CHECK((*ran)->output.ends_with("end\n"));
}

TEST_CASE("a command that closes its output first is still waited for") {
  bench::TimedOptions options;
  options.capture = true;
  const auto ran = run(shell("echo out; exec >&-; sleep 0.05"), options);
  REQUIRE(ran);
  CHECK((*ran)->output == "out\n");
  CHECK((*ran)->wall_ns >= 50'000'000);
}

TEST_CASE("a command that fails is named with its status") {
  const auto failed = run(shell("exit 3"));
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == Code::unavailable);
  CHECK(failed.error().message == "'sh -c exit 3' ended with status 3");
  const auto killed = run(shell("kill -9 $$"));
  REQUIRE_FALSE(killed);
  CHECK(killed.error().message.find("was killed by signal 9") != std::string::npos);
}

TEST_CASE("a command that is not there or no program cannot be started") {
  const auto absent = run({"/nonexistent/program"});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == Code::no_input);
  CHECK(absent.error().message.find("cannot start '/nonexistent/program'") == 0);
  const auto folder = run({"/"});
  REQUIRE_FALSE(folder);
  CHECK(folder.error().code == Code::permission);
}

TEST_CASE("a command that hangs is ended at the timeout with all it started") {
  bench::TimedOptions options;
  options.timeout_ns = 100'000'000;
  const auto late = run(shell("sleep 60 & sleep 60"), options);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == Code::unavailable);
  CHECK(late.error().message.find("did not end within 100 ms") != std::string::npos);
}

TEST_CASE("a stop ends the command and is no error") {
  const tally::UniqueFd stop(::eventfd(1, EFD_CLOEXEC));
  bench::TimedOptions options;
  options.stop_fd = stop.get();
  const auto stopped = run({"sleep", "60"}, options);
  REQUIRE(stopped);
  CHECK_FALSE(*stopped);
}

TEST_CASE("signals that the caller ignores are not ignored by the command") {
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  bench::TimedOptions options;
  options.capture = true;
  // A shell whose SIGPIPE is ignored would go on and print.
  const auto ran = run(shell("kill -PIPE $$; echo ignored"), options);
  ::signal(SIGPIPE, old);
  REQUIRE_FALSE(ran);
  CHECK(ran.error().message.find("was killed by signal 13") != std::string::npos);
}

TEST_CASE("a long command is shown in short") {
  CHECK(bench::shown_command({"a", "b c"}) == "'a b c'");
  CHECK(bench::shown_command({std::string(100, 'x')}).size() == 65);
}
