#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <vector>

#include "unit/cli/sample.hpp"

using tally::test::Sample;

TEST_SUITE_BEGIN("cli");

TEST_CASE("options are taken before and after arguments and commands") {
  Sample before;
  CHECK(before.run({"-n", "7", "a", "b"}).out == "a b 7\n");
  Sample after;
  CHECK(after.run({"a", "b", "--count=8"}).out == "a b 8\n");
  Sample nested;
  const auto ran = nested.run({"ring", "stat", "requests", "--raw", "-q"});
  CHECK(ran.out == "stat requests\n");
  CHECK(nested.raw);
}

TEST_CASE("an option given twice takes the last value and a list takes all") {
  Sample sample;
  const auto ran =
      sample.run({"--count", "1", "--peer", "x", "a", "b", "--count", "2", "--peer=[y,z]"});
  CHECK(ran.out == "a b 2\n");
  CHECK(sample.peers == std::vector<std::string>{"x", "[y,z]"});
}

TEST_CASE("words that begin with a dash are arguments after two dashes") {
  Sample sample;
  CHECK(sample.run({"--", "-a", "--count"}).out == "-a --count 5\n");
  Sample dash;
  CHECK(dash.run({"-", "-"}).out == "- - 5\n");
}

TEST_CASE("an empty value does not take the next word") {
  Sample sample;
  CHECK(sample.run({"--output=", "a", "b"}).out == "a b 5\n");
  CHECK(sample.output.empty());
}

TEST_CASE("an unknown option is refused with the nearest one") {
  Sample sample;
  const auto ran = sample.run({"a", "b", "--cuont", "5"});
  CHECK(ran.status == 64);
  CHECK(ran.out.empty());
  CHECK(ran.err ==
        "tally-demo: error: unknown option '--cuont'\n"
        "tally-demo: hint: did you mean --count?\n");
}

TEST_CASE("an option of another command is refused with the command it belongs to") {
  Sample sample;
  const auto ran = sample.run({"a", "b", "--raw"});
  CHECK(ran.status == 64);
  CHECK(ran.err ==
        "tally-demo: error: tally-demo takes no option --raw\n"
        "tally-demo: hint: tally-demo ring stat does: tally-demo ring stat --help\n");
}

TEST_CASE("an unknown command is refused with the nearest one") {
  Sample sample;
  const auto ran = sample.run({"ring", "stta", "--raw", "--nonsense"});
  CHECK(ran.status == 64);
  CHECK(ran.err ==
        "tally-demo: error: unknown command 'stta'\n"
        "tally-demo: hint: did you mean stat?\n");
}

TEST_CASE("missing and surplus arguments are refused by name") {
  Sample missing;
  const auto less = missing.run({"a"});
  CHECK(less.status == 64);
  CHECK(less.err.find("error: argument TO is missing\n") != std::string::npos);
  Sample surplus;
  const auto more = surplus.run({"a", "b", "c"});
  CHECK(more.status == 64);
  CHECK(more.err.find("error: unexpected argument 'c'\n") != std::string::npos);
}

TEST_CASE("an option without its value is refused with its form") {
  Sample sample;
  const auto ran = sample.run({"a", "b", "-n"});
  CHECK(ran.status == 64);
  CHECK(ran.err ==
        "tally-demo: error: option --count needs a value\n"
        "tally-demo: hint: write -n, --count N\n");
}

TEST_CASE("values out of range and of the wrong form are refused") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"--count=0", "--count: 0 is not between 1 and 100"},
      {"--count=x", "--count: 'x' is not a whole number"},
      {"--count=1e3", "--count: '1e3' is not a whole number"},
      {"--count=99999999999999999999", "--count: '99999999999999999999' is too large"},
      {"--rate=nan", "--rate: nan is not between 0.5 and 9.5"},
      {"--wait=3", "--wait: '3' is not a duration"},
      {"--bytes=3M", "--bytes: '3M' is not a size"},
      {"--format=jsn", "--format: 'jsn' is not text, json or csv"},
      {"--low-s=perhaps", "--low-s: 'perhaps' is neither true nor false"},
  };
  for (const auto& row : cases) {
    Sample sample;
    const auto ran = sample.run({"a", "b", row.first});
    CAPTURE(row.first);
    CHECK(ran.status == 64);
    CHECK(ran.err.find("tally-demo: error: " + row.second + "\n") == 0);
    CHECK(ran.out.empty());
  }
}

TEST_CASE("a bare call prints the short help as words and a usage status") {
  Sample sample;
  const auto ran = sample.run({});
  CHECK(ran.status == 64);
  CHECK(ran.out.empty());
  CHECK(ran.err.find("example:\n  tally-demo udp://127.0.0.1:9000 -\n") != std::string::npos);
  Sample group;
  CHECK(group.run({"ring"}).err.find("stat  show one ring") != std::string::npos);
}

TEST_SUITE_END();

namespace {

// tally-demo compare [--count N] [NAME] -- WORDS...
struct Behind {
  Behind() : app("tally-demo", "takes the command line of another program") {
    app.root()
        .command("compare", "hands words on")
        .argument("NAME", name, "a name", false)
        .option("--count", count, "N", "how many", 0, 9)
        .words_after_dashes("CMD", words, "the words")
        .on_run([this](tally::cli::Invocation& run) -> tally::Result<tally::Code> {
          run.out.line(name + "|" + fmt::format("{}", fmt::join(words, "|")));
          return tally::Code::ok;
        });
  }
  tally::test::Ran run(std::vector<std::string> given) {
    ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    return tally::test::run(app, std::move(given));
  }
  tally::cli::App app;
  std::string name;
  std::int64_t count = 0;
  std::vector<std::string> words;
};

}  // namespace

TEST_CASE("words behind the dashes are handed on as they stand") {
  Behind tool;
  CHECK(tool.run({"compare", "n", "--count", "3", "--", "a", "--count", "--", "", "-h"}).out ==
        "n|a|--count|--||-h\n");
  CHECK(tool.count == 3);
  Behind bare;
  CHECK(bare.run({"compare", "--", "a"}).out == "|a\n");
  Behind dashes_first;
  CHECK(dashes_first.run({"compare", "--", "--", "b"}).out == "|--|b\n");
}

TEST_CASE("words before the dashes are not words behind them") {
  Behind surplus;
  const auto ran = surplus.run({"compare", "n", "sleep", "--", "a"});
  CHECK(ran.status == 64);
  CHECK(ran.err.find("error: unexpected argument 'sleep'\n") != std::string::npos);
  Behind unknown;
  CHECK(unknown.run({"compare", "--cuont", "3", "--", "a"}).err.find("did you mean --count?") !=
        std::string::npos);
}

TEST_CASE("nothing behind the dashes is refused with or without them") {
  for (const std::vector<std::string>& given :
       {std::vector<std::string>{"compare"}, std::vector<std::string>{"compare", "n", "--"}}) {
    Behind tool;
    const auto ran = tool.run(given);
    CHECK(ran.status == 64);
    CHECK(ran.err.find("error: CMD is missing after --\n") != std::string::npos);
  }
}

TEST_CASE("help shows the dashes") {
  Behind tool;
  CHECK(tool.run({"compare", "--help"})
            .out.find("usage: tally-demo compare [OPTIONS] [NAME] -- CMD...\n") !=
        std::string::npos);
}
