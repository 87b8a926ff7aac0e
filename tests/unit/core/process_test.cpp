#include "core/process.hpp"

#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <unistd.h>

#include "core/fd.hpp"

namespace core = tally::core;
using tally::Code;

namespace {

tally::Result<core::ProcessEnd> run(std::vector<std::string> arguments) {
  core::ProcessRequest request;
  request.arguments = std::move(arguments);
  return core::run_process(request);
}

}  // namespace

TEST_SUITE_BEGIN("core");

TEST_CASE("a program gives its output and its status") {
  const auto end = run({"sh", "-c", "echo words; exit 3"}).value();
  CHECK(end.status == 3);
  CHECK(end.output == "words\n");
}

TEST_CASE("a program ended by a signal has 128 and its number") {
  CHECK(run({"sh", "-c", "kill -TERM $$"}).value().status == 143);
}

TEST_CASE("a program has no input and the environment it is given") {
  core::ProcessRequest request;
  request.arguments = {"/bin/sh", "-c", "cat; echo $GIVEN; echo $HOME"};
  request.environment = {"GIVEN=yes"};
  CHECK(core::run_process(request).value().output == "yes\n\n");
}

TEST_CASE("output to standard error is not captured") {
  core::ProcessRequest request;
  request.arguments = {"true"};
  request.output = core::ProcessOutput::to_stderr;
  const auto end = core::run_process(request).value();
  CHECK(end.status == 0);
  CHECK(end.output.empty());
}

TEST_CASE("a program that is not there is unavailable") {
  CHECK(run({"/nonexistent/program"}).error().code == Code::unavailable);
}

TEST_CASE("a program that prints without end is ended") {
  core::ProcessRequest request;
  request.arguments = {"yes"};
  request.output_limit_bytes = 1000;
  CHECK(core::run_process(request).error().code == Code::bad_data);
}

TEST_CASE("a child is watched and waited for") {
  core::SpawnRequest request;
  request.arguments = {"sh", "-c", "read line; exit 4"};
  core::Pipe pipe = core::open_pipe().value();
  request.input = pipe.read.get();
  core::Child child = core::Child::start(request).value();
  CHECK_FALSE(child.try_wait().value().has_value());
  pipe.write.reset();
  const core::ProcessExit exit = child.wait().value();
  CHECK(exit.status == 4);
  CHECK(exit.signal == 0);
  CHECK(exit.code() == 4);
}

TEST_CASE("a child that nobody waits for ends with all it started") {
  core::SpawnRequest request;
  request.arguments = {"sh", "-c", "sleep 60 & echo started; wait"};
  core::Pipe pipe = core::open_pipe().value();
  request.output = pipe.write.get();
  request.own_group = true;
  {
    const core::Child child = core::Child::start(request).value();
    pipe.write.reset();
    std::array<char, 8> word{};
    CHECK(::read(pipe.read.get(), word.data(), word.size()) == 8);
  }
  // The pipe ends when the last of them has gone.
  char more = 0;
  CHECK(::read(pipe.read.get(), &more, 1) == 0);
}

TEST_CASE("a child has the signals it is given") {
  sigset_t blocked;
  ::sigemptyset(&blocked);
  ::sigaddset(&blocked, SIGUSR1);
  core::SpawnRequest request;
  request.arguments = {"sh", "-c", "kill -USR1 $$; kill -PIPE $$; exit 9"};
  request.blocked = blocked;
  request.default_signals = true;
  const auto old = ::signal(SIGPIPE, SIG_IGN);
  core::Child child = core::Child::start(request).value();
  ::signal(SIGPIPE, old);
  const core::ProcessExit exit = child.wait().value();
  CHECK(exit.signal == SIGPIPE);
  CHECK(exit.code() == 128 + SIGPIPE);
}

TEST_CASE("a program that cannot be started says why") {
  core::SpawnRequest request;
  request.arguments = {"/nonexistent/program"};
  CHECK(core::Child::start(request).error().code == Code::no_input);
  request.arguments = {"/"};
  CHECK(core::Child::start(request).error().code == Code::permission);
}
