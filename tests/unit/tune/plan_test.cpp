#include "tune/plan.hpp"

#include <doctest/doctest.h>

#include "unit/tune/fake.hpp"

namespace tune = tally::tune;
using tally::Code;
using tally::test::FakeTree;
using tally::test::low_latency;

namespace {

tune::Survey look(const FakeTree& fake) {
  const tune::Tree tree = fake.open();
  return tune::survey(tune::TreeHost(tree), low_latency(), {}).value();
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_SUITE_BEGIN("tune");

TEST_CASE("a plan comes back from its JSON as it was") {
  for (const char* kind : {"vm2", "smt8", "numa32", "empty"}) {
    const FakeTree fake(kind);
    const auto plan = tune::make_plan(look(fake), low_latency());
    CHECK(tune::parse_plan(tune::to_json(plan)).value() == plan);
    CHECK(tune::check_plan(plan, look(fake)).has_value());
  }
}

TEST_CASE("a plan for a host that has drifted or is another is refused") {
  const FakeTree fake("smt8");
  auto plan = tune::make_plan(look(fake), low_latency());
  fake.put("/proc/sys/kernel/timer_migration", "0\n");
  const auto drifted = tune::check_plan(plan, look(fake));
  REQUIRE_FALSE(drifted.has_value());
  CHECK(drifted.error().code == Code::try_again);
  CHECK(drifted.error().message.find("sched.timer_migration host was 1 and is 0") !=
        std::string::npos);
  fake.put("/proc/sys/kernel/timer_migration", "1\n");
  fake.put(tune::kGrubDropIn, "# by hand\n");
  CHECK(tune::check_plan(plan, look(fake)).error().code == Code::try_again);
  plan.machine_id = "ffff";
  CHECK(tune::check_plan(plan, look(fake)).error().code == Code::configuration);
}

TEST_CASE("a plan can name nothing that the tool does not set by itself") {
  const FakeTree fake("smt8");
  const auto survey = look(fake);
  const std::string good = tune::to_json(tune::make_plan(survey, low_latency()));
  const auto code_of = [&](const std::string& from, const std::string& to) {
    const auto plan = tune::parse_plan(replaced(good, from, to));
    if (!plan) return plan.error().code;
    const auto checked = tune::check_plan(*plan, survey);
    return checked ? Code::ok : checked.error().code;
  };
  CHECK(code_of("/proc/sys/kernel/timer_migration", "/proc/sysrq-trigger") == Code::configuration);
  CHECK(code_of("\"new\":\"performance\"", "\"new\":\"userspace\"") == Code::configuration);
  CHECK(code_of("\"new\":\"64\"", "\"new\":\"-64\"") == Code::configuration);
  CHECK(code_of("\"new\":\"nohz_full=2-7,10-15\"", "\"new\":\"mitigations=off\"") ==
        Code::configuration);
  CHECK(code_of("nohz_full=2-7,10-15 ", "nohz_full=2-7,10-15$(reboot) ") == Code::configuration);
  CHECK(code_of("# Written", "reboot # Written") == Code::configuration);
  CHECK(code_of("grub.d/90-tallyio.cfg\",\"old\":null", "grub.d/91.cfg\",\"old\":null") ==
        Code::configuration);
}

TEST_CASE("what is no plan is refused as bad data") {
  const FakeTree fake("smt8");
  const std::string good = tune::to_json(tune::make_plan(look(fake), low_latency()));
  for (const std::string& bad :
       {std::string("{}"), std::string("[1]"), std::string(), good.substr(0, good.size() / 2),
        replaced(good, "plan/1", "plan/2"), replaced(good, "\"when\":\"live\"", "\"when\":\"now\""),
        replaced(good, "\"kind\":\"text\"", "\"kind\":\"file\""),
        replaced(good, "\"changes\":[", "\"changes\":[3,"),
        replaced(good, "\"new\":\"performance\"", "\"new\":\"\"")}) {
    const auto plan = tune::parse_plan(bad);
    REQUIRE_FALSE(plan.has_value());
    CHECK(plan.error().code == Code::bad_data);
  }
}

TEST_SUITE_END();
