#include <doctest/doctest.h>

#include "unit/cli/sample.hpp"

using tally::test::Sample;

namespace {

std::string generated(const std::string& kind) {
  Sample sample;
  const auto ran = sample.run({"--generate", kind});
  CHECK(ran.status == 0);
  CHECK(ran.err.empty());
  return ran.out;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_SUITE_BEGIN("cli");

TEST_CASE("the registry is listed a line an entry") {
  const auto list = generated("options");
  CHECK(list.find("command\ttally-demo\tshows what a tool can say\n"
                  "option\ttally-demo\t-n,--count\tN\tcount\tTALLY_DEMO_COUNT\thow many\n") == 0);
  CHECK(holds(list, "option\ttally-demo\t--low-s\t-\tlow_s\tTALLY_DEMO_LOW_S\tonly low values\n"));
  CHECK(holds(list, "option\ttally-demo\t--version\t-\t-\t-\tprint the version\n"));
  CHECK(holds(list, "option\ttally-demo ring stat\t--raw\t-\traw\tTALLY_DEMO_RAW\tall fields\n"));
  CHECK(holds(list, "argument\ttally-demo ring stat\tNAME\tthe ring\n"));
  CHECK_FALSE(holds(list, "--complete"));
  CHECK_FALSE(holds(list, "--generate"));
}

TEST_CASE("options of a root with arguments are not for the commands below it") {
  const auto bash = generated("bash");
  CHECK(holds(bash, "'tally-demo ring stat') words='--raw --json --quiet"));
  CHECK(holds(bash, "    'tally-demo:--format')\n"));
  CHECK(holds(bash, "'tally-demo:--color' | 'tally-demo '*':--color')\n"));
  Sample sample;
  const auto ran = sample.run({"ring", "stat", "requests", "--count", "3"});
  CHECK(ran.status == 64);
  CHECK(ran.err ==
        "tally-demo: error: tally-demo ring stat takes no option --count\n"
        "tally-demo: hint: tally-demo does: tally-demo --help\n");
}

TEST_CASE("each shell gets choices files dynamic words and commands") {
  const auto bash = generated("bash");
  CHECK(holds(bash, "compgen -W 'text json csv' -- \"$cur\""));
  CHECK(holds(bash, "--complete rings 2>/dev/null"));
  CHECK(holds(bash, "'tally-demo':0) words='ring help' ;;"));
  const auto zsh = generated("zsh");
  CHECK(zsh.find("#compdef tally-demo\n") == 0);
  CHECK(holds(zsh, "'--format=[which form]:word:(text json csv)'"));
  CHECK(holds(zsh, "'(-o --output)'{-o+,--output=}'[where to]:FILE:_files'"));
  CHECK(holds(zsh, "'*--peer=[whom; may be given again]:NAME: '"));
  CHECK(holds(zsh, "'3:NAME:_tally_demo_words rings'"));
  CHECK(holds(zsh, "'stat:show one ring'"));
  const auto fish = generated("fish");
  CHECK(holds(fish, " -l format -x -a 'text json csv' -d 'which form'\n"));
  CHECK(holds(fish, " -s o -l output -r -F -d 'where to'\n"));
  CHECK(holds(fish, "-a '(tally-demo --complete rings 2>/dev/null)' -d 'NAME'\n"));
}

TEST_SUITE_END();
