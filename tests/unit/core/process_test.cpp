#include "core/process.hpp"

#include <doctest/doctest.h>

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
