#include <csignal>
#include <doctest/doctest.h>
#include <stdexcept>

#include "unit/cli/sample.hpp"

using tally::Code;
using tally::Result;
using tally::cli::Invocation;
using tally::test::Sample;

TEST_SUITE_BEGIN("cli");

TEST_CASE("the answer no is status one and an error is its code") {
  Sample negative;
  negative.handler = [](Invocation&) -> Result<Code> { return Code::negative; };
  CHECK(negative.run({"a", "b"}).status == 1);
  Sample failing;
  failing.handler = [](Invocation&) -> Result<Code> {
    return tally::fail(Code::protocol, "party 2 lied", "leave it out");
  };
  const auto ran = failing.run({"a", "b"});
  CHECK(ran.status == 76);
  CHECK(ran.out == "a b 5\n");
  CHECK(ran.err == "tally-demo: error: party 2 lied\ntally-demo: hint: leave it out\n");
}

TEST_CASE("an exception that reaches the top is an internal error") {
  Sample sample;
  sample.handler = [](Invocation&) -> Result<Code> { throw std::runtime_error("table is empty"); };
  const auto ran = sample.run({"a", "b"});
  CHECK(ran.status == 70);
  CHECK(ran.err.find("tally-demo: error: internal error: table is empty\n") == 0);
  Sample other;
  other.handler = [](Invocation&) -> Result<Code> { throw 3; };
  CHECK(other.run({"a", "b"}).status == 70);
}

TEST_CASE("an error that says ok is a defect") {
  Sample sample;
  sample.handler = [](Invocation&) -> Result<Code> { return tally::fail(Code::ok, "what"); };
  CHECK(sample.run({"a", "b"}).status == 70);
}

TEST_CASE("standard output that cannot be written ends with an io error") {
  Sample sample;
  const int saved = ::dup(STDOUT_FILENO);
  std::fflush(stdout);
  const tally::test::Caught err(STDERR_FILENO);
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  ::dup2(full, STDOUT_FILENO);
  std::string words[] = {"tally-demo", "a", "b"};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  const int status = sample.app.main(3, argv);
  ::dup2(saved, STDOUT_FILENO);
  ::close(saved);
  ::close(full);
  CHECK(status == 74);
  CHECK(err.text() == "tally-demo: error: cannot write standard output: No space left on device\n");
}

TEST_CASE("common options reach the command") {
  Sample sample;
  sample.handler = [](Invocation& run) -> Result<Code> {
    CHECK(run.json);
    CHECK(run.no_input);
    CHECK(run.verbosity == 2);
    run.out.detail("more");
    return Code::ok;
  };
  CHECK(sample.run({"a", "b", "--json", "-vv", "--no-input"}).err == "tally-demo: more\n");
  Sample quiet;
  quiet.handler = [](Invocation& run) -> Result<Code> {
    CHECK(run.verbosity == -1);
    run.out.note("a note");
    run.out.warning("a warning");
    return Code::ok;
  };
  CHECK(quiet.run({"a", "b", "-q"}).err.empty());
}

TEST_CASE("colour follows the option and the conventions of the environment") {
  const auto say = [](std::vector<std::string> words) {
    Sample sample;
    sample.handler = [](Invocation& run) -> Result<Code> {
      run.out.warning("w");
      return Code::ok;
    };
    words.insert(words.end(), {"a", "b"});
    return sample.run(words).err.find("\x1b[") != std::string::npos;
  };
  CHECK_FALSE(say({}));
  CHECK(say({"--color=always"}));
  const tally::test::Variable force("CLICOLOR_FORCE", "1");
  CHECK(say({}));
  CHECK_FALSE(say({"--color=never"}));
  const tally::test::Variable no_color("NO_COLOR", "1");
  CHECK_FALSE(say({}));
  CHECK(say({"--color=always"}));
}

TEST_CASE("help names commands examples and defaults") {
  Sample sample;
  const auto full = sample.run({"--help"});
  CHECK(full.status == 0);
  CHECK(full.out.find("tally-demo: shows what a tool can say\n\n"
                      "usage: tally-demo [OPTIONS] FROM TO\n"
                      "       tally-demo COMMAND ...\n\n"
                      "examples:\n  tally-demo udp://127.0.0.1:9000 -\n\n"
                      "commands:\n"
                      "  ring  look after rings\n"
                      "  help  print the help of a command\n\n"
                      "arguments:\n"
                      "  FROM  where records come from\n"
                      "  TO    where they go\n\n"
                      "options:\n") == 0);
  CHECK(full.out.find("--wait DURATION") != std::string::npos);
  CHECK(full.out.find("how long (default 1500us)") != std::string::npos);
  CHECK(full.out.find("--complete") == std::string::npos);
  Sample by_command;
  Sample by_option;
  CHECK(by_command.run({"help", "ring", "stat"}).out ==
        by_option.run({"ring", "stat", "--help"}).out);
  Sample unknown;
  CHECK(unknown.run({"help", "rings"}).err.find("did you mean ring?") != std::string::npos);
}

TEST_CASE("help text stays within eighty columns") {
  Sample sample;
  const auto text = sample.run({"--help"}).out;
  std::size_t start = 0;
  while (start < text.size()) {
    const auto end = text.find('\n', start);
    CAPTURE(text.substr(start, end - start));
    CHECK(end - start <= 80);
    start = end + 1;
  }
}

TEST_CASE("completion words come from the tool") {
  Sample sample;
  CHECK(sample.run({"--complete", "rings"}).out == "requests\nsigned\n");
  Sample unknown;
  CHECK(unknown.run({"--complete", "nothing"}).status == 64);
}

TEST_CASE("doctor says what is missing and answers with its status") {
  using tally::cli::Finding;
  Sample sample;
  tally::cli::add_doctor(sample.app, [] {
    return std::vector<Finding>{{"io_uring", Finding::State::good, "6.1", "", ""},
                                {"huge pages", Finding::State::missing, "0 of 2 MiB", "TLB misses",
                                 "sysctl vm.nr_hugepages=64"}};
  });
  const auto ran = sample.run({"doctor"});
  CHECK(ran.status == 1);
  CHECK(ran.out ==
        "good     io_uring: 6.1\n"
        "missing  huge pages: 0 of 2 MiB\n"
        "         cost: TLB misses\n"
        "         remedy: sysctl vm.nr_hugepages=64\n");
  Sample good;
  tally::cli::add_doctor(good.app, [] {
    return std::vector<Finding>{{"io_uring", Finding::State::good, "6.1", "", ""}};
  });
  const auto json = good.run({"doctor", "--json"});
  CHECK(json.status == 0);
  CHECK(json.out ==
        R"({"schema":"tally.doctor/1","tool":"tally-demo","name":"io_uring","state":"good",)"
        R"("found":"6.1","cost":"","remedy":""})"
        "\n");
}

TEST_SUITE_END();
