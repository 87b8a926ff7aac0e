#include <doctest/doctest.h>

#include "unit/cli/sample.hpp"

using tally::test::Sample;
using tally::test::TemporaryFile;
using tally::test::Variable;

TEST_SUITE_BEGIN("cli");

TEST_CASE("flag goes before environment before file before default") {
  const TemporaryFile file("count = 11\n");
  Sample by_default;
  CHECK(by_default.run({"a", "b"}).out == "a b 5\n");
  Sample by_file;
  CHECK(by_file.run({"a", "b", "--config", file.path()}).out == "a b 11\n");
  const Variable variable("TALLY_DEMO_COUNT", "12");
  Sample by_environment;
  CHECK(by_environment.run({"a", "b", "--config", file.path()}).out == "a b 12\n");
  Sample by_flag;
  CHECK(by_flag.run({"a", "b", "--config", file.path(), "-n13"}).out == "a b 13\n");
}

TEST_CASE("a bad variable is named") {
  const Variable variable("TALLY_DEMO_WAIT", "soon");
  Sample sample;
  const auto ran = sample.run({"a", "b"});
  CHECK(ran.status == 64);
  CHECK(ran.err ==
        "tally-demo: error: TALLY_DEMO_WAIT: 'soon' is not a duration\n"
        "tally-demo: hint: durations look like 250us, 3ms, 1.5s, 10m\n");
}

TEST_CASE("mistakes in a file are named with line and column") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"cuont = 1\n", ":1:1: 'cuont' is not a key of tally-demo\n"},
      {"\n  low-s = true\n", ":2:3: 'low-s' is not a key of tally-demo\n"},
      {"count = \"3\"\n", ":1:9: 'count' should be a whole number\n"},
      {"count = 101\n", ":1:9: 'count' 101 is not between 1 and 100\n"},
      {"wait = 3\n", ":1:8: 'wait' should be a string with a unit\n"},
      {"wait = \"3 s\"\n", ":1:8: 'wait' is wrong: '3 s' is not a duration\n"},
      {"format = \"jsn\"\n", ":1:10: 'format' 'jsn' is not text, json or csv\n"},
      {"peer = \"x\"\n", ":1:8: 'peer' should be a list of strings\n"},
      {"low_s = 1\n", ":1:9: 'low_s' should be true or false\n"},
      {"ring = 1\n", ":1:8: 'ring' is a command and needs a table\n"},
      {"[ring.stat]\nraww = true\n", ":2:1: 'raww' is not a key of tally-demo ring stat\n"},
      {"config = \"x\"\n", ":1:1: 'config' is not a key of tally-demo\n"},
  };
  for (const auto& [text, message] : cases) {
    const TemporaryFile file(text);
    Sample sample;
    const auto ran = sample.run({"a", "b", "--config", file.path()});
    CAPTURE(ran.err);
    CHECK(ran.status == 78);
    CHECK(ran.err.find("tally-demo: error: " + file.path() + message) == 0);
  }
}

TEST_CASE("a file that is no TOML is refused at its place") {
  const TemporaryFile file("count = 1\nname = \"a\n");
  Sample sample;
  const auto ran = sample.run({"a", "b", "--config", file.path()});
  CHECK(ran.status == 78);
  CHECK(ran.err.find("tally-demo: error: " + file.path() + ":2:") == 0);
}

TEST_CASE("a file that is named and missing is refused") {
  Sample sample;
  const auto ran = sample.run({"a", "b", "--config", "/nonexistent/x.toml"});
  CHECK(ran.status == 66);
}

TEST_CASE("help and version work with a broken file") {
  const TemporaryFile file("nonsense");
  Sample sample;
  CHECK(sample.run({"--config", file.path(), "--help"}).status == 0);
  Sample other;
  CHECK(other.run({"--config", file.path(), "--version"}).out.find("tally-demo ") == 0);
}

TEST_CASE("the printed configuration names each source and reads back the same") {
  const TemporaryFile file("wait = \"2s\"\n[ring.stat]\nraw = true\n");
  const Variable variable("TALLY_DEMO_PEER", "a\"b");
  Sample sample;
  const auto ran = sample.run({"--print-config", "--count", "9", "--config", file.path()});
  REQUIRE(ran.status == 0);
  CHECK(ran.out.find("count = 9                        # --count\n") == 0);
  CHECK(ran.out.find("rate = 1.0                       # default\n") != std::string::npos);
  CHECK(ran.out.find("wait = \"2s\"                      # " + file.path() + ":1:8\n") !=
        std::string::npos);
  CHECK(ran.out.find("peer = [\"a\\\"b\"]                  # TALLY_DEMO_PEER\n") !=
        std::string::npos);
  CHECK(ran.out.find("[ring.stat]\nraw = true ") != std::string::npos);

  const TemporaryFile printed(ran.out);
  Sample again;
  const auto second = again.run({"--config", printed.path(), "a", "b"});
  CHECK(second.out == "a b 9\n");
  CHECK(again.wait.ns == 2'000'000'000);
  CHECK(again.bytes.bytes == 65536);
}

TEST_CASE("a default that cannot be written is printed as not set") {
  Sample sample;
  sample.format.clear();
  const auto ran = sample.run({"--print-config"});
  CHECK(ran.out.find("# format is not set\n") != std::string::npos);
  const TemporaryFile printed(ran.out);
  Sample again;
  CHECK(again.run({"--config", printed.path(), "a", "b"}).status == 0);
}

TEST_CASE("an option of a command takes the value given for its namesake above") {
  // As tally-tune has it: one variable for the tool without a command and for each command.
  const auto printed = [](std::vector<std::string> words) {
    ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    tally::cli::App app("tally-demo", "demo");
    std::string folder = "/";
    const auto show = [&](tally::cli::Invocation& run) -> tally::Result<tally::Code> {
      run.out.line(folder);
      return tally::Code::ok;
    };
    app.root().option("--root", folder, "DIR", "below it").on_run(show);
    app.root().command("plan", "plan").option("--root", folder, "DIR", "below it").on_run(show);
    return tally::test::run(app, std::move(words)).out;
  };
  CHECK(printed({"plan"}) == "/\n");
  CHECK(printed({"plan", "--root", "/a"}) == "/a\n");
  CHECK(printed({"--root", "/a", "plan"}) == "/a\n");
  CHECK(printed({"--root", "/a", "plan", "--root", "/b"}) == "/b\n");
  CHECK(printed({"--root", "/a"}) == "/a\n");
  const TemporaryFile above("root = \"/c\"\n");
  CHECK(printed({"plan", "--config", above.path()}) == "/c\n");
  const TemporaryFile both("root = \"/c\"\n[plan]\nroot = \"/d\"\n");
  CHECK(printed({"plan", "--config", both.path()}) == "/d\n");
  CHECK(printed({"--config", both.path()}) == "/c\n");
}

TEST_SUITE_END();
