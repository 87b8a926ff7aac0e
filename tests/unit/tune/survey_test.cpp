#include "tune/survey.hpp"

#include <doctest/doctest.h>

#include "tune/plan.hpp"
#include "tune/registry.hpp"
#include "unit/tune/fake.hpp"

namespace tune = tally::tune;
using tally::Code;
using tally::test::FakeTree;
using tally::test::item_of;
using tally::test::low_latency;
using tune::Verdict;

namespace {

tune::Survey look(const FakeTree& fake, const tune::Wishes& wishes = {}) {
  const tune::Tree tree = fake.open();
  return tune::survey(tune::TreeHost(tree), low_latency(), wishes).value();
}

}  // namespace

TEST_SUITE_BEGIN("tune");

TEST_CASE("a guest of two cores is told what does not apply and why") {
  const FakeTree fake("vm2");
  const auto survey = look(fake);
  CHECK(item_of(survey, "cpu.governor").verdict == Verdict::not_applicable);
  CHECK(item_of(survey, "boot.isolcpus").verdict == Verdict::not_applicable);
  CHECK(item_of(survey, "boot.isolcpus").reason ==
        "nothing to isolate: node 0 has 2 cores, fewer than 4");
  CHECK(item_of(survey, "idle.states").found == "none over 2 us");
  const auto& limit = item_of(survey, "idle.pm_qos", "cpu1");
  CHECK(limit.verdict == Verdict::advice);
  CHECK(limit.wanted == "n/a");
  CHECK(item_of(survey, "net.busy_poll").verdict == Verdict::ok);
  CHECK(item_of(survey, "idle.pm_qos_global").found == "none");
}

TEST_CASE("a server gets rows for its hot cores only") {
  const FakeTree fake("smt8");
  const auto survey = look(fake);
  CHECK(item_of(survey, "cpu.governor", "policy0").wanted == "performance");
  CHECK(item_of(survey, "idle.states", "cpu2/state2").wanted == "1");
  std::size_t rows = 0;
  for (const auto& item : survey.items) rows += item.id == "idle.states" ? 1U : 0U;
  CHECK(rows == 12);
  CHECK(item_of(survey, "boot.isolcpus").wanted == "isolcpus=managed_irq,domain,2-7,10-15");
  CHECK(item_of(survey, "boot.nohz_full").wanted == "nohz_full=2-7,10-15");
  CHECK(item_of(survey, "boot.irqaffinity").wanted == "irqaffinity=0-1,8-9");
  CHECK(item_of(survey, "boot.isolcpus").boot.value().configured == false);
}

TEST_CASE("under the haltpoll governor deep states are not to be disabled") {
  const FakeTree fake("smt8");
  fake.put("/sys/devices/system/cpu/cpuidle/current_governor", "haltpoll\n");
  const auto survey = look(fake);
  CHECK(item_of(survey, "idle.states", "cpu2/state2").verdict == Verdict::not_applicable);
  CHECK_FALSE(item_of(survey, "idle.states", "cpu2/state2").wanted.has_value());
}

TEST_CASE("odd values are told and never planned") {
  const FakeTree fake("odd");
  const auto survey = look(fake);
  CHECK(item_of(survey, "sched.timer_migration").reason == "holds 'maybe', which is no number");
  CHECK(item_of(survey, "net.busy_poll").verdict == Verdict::not_applicable);
  CHECK(item_of(survey, "net.busy_poll").reason == "holds '\\x01\\xff\\x0a', which is no value");
  CHECK(item_of(survey, "net.busy_read").verdict == Verdict::not_applicable);
  CHECK(item_of(survey, "memory.huge_2m", "node0").verdict == Verdict::not_applicable);
  CHECK(item_of(survey, "net.tcp_timestamps").verdict == Verdict::refused);
  CHECK(item_of(survey, "net.tcp_low_latency").verdict == Verdict::advice);
  CHECK(item_of(survey, "idle.pm_qos_global").verdict == Verdict::not_applicable);
  CHECK(item_of(survey, "security.mitigations").found == "off");
  CHECK(item_of(survey, "security.mitigations").verdict == Verdict::advice);
  for (const auto& change : tune::make_plan(survey, low_latency()).changes) {
    CAPTURE(change.id);
    CHECK(change.id == "idle.pm_qos");
  }
}

TEST_CASE("an empty folder is a host without anything") {
  const FakeTree fake;
  const auto survey = look(fake);
  for (const auto& item : survey.items) {
    CAPTURE(item.id);
    CHECK_FALSE(item.wanted.has_value());
  }
  CHECK(tune::make_plan(survey, low_latency()).changes.empty());
}

TEST_CASE("every setting has a row and every row a setting") {
  for (const char* kind : {"vm2", "smt8", "numa32", "odd", "empty"}) {
    const FakeTree fake(kind);
    const auto survey = look(fake);
    for (const auto& info : tune::settings()) {
      CAPTURE(std::string(info.id));
      CHECK(std::any_of(survey.items.begin(), survey.items.end(),
                        [&](const auto& item) { return item.id == info.id; }));
    }
    for (const auto& item : survey.items) CHECK(tune::find_setting(item.id).has_value());
  }
}

TEST_CASE("a parameter that another file sets is left to it") {
  const FakeTree fake("smt8");
  fake.put("/etc/default/grub.d/50-other.cfg", "GRUB_CMDLINE_LINUX_DEFAULT=\"isolcpus=4-7\"\n");
  auto survey = look(fake);
  const auto& fought = item_of(survey, "boot.isolcpus");
  CHECK(fought.verdict == Verdict::advice);
  CHECK_FALSE(fought.wanted.has_value());
  CHECK(fought.reason.find("50-other.cfg sets isolcpus=4-7") != std::string::npos);
  REQUIRE(survey.warnings.size() == 1);
  const auto plan = tune::make_plan(survey, low_latency());
  CHECK(plan.boot_file.value().new_content.find("isolcpus") == std::string::npos);
  CHECK(plan.boot_file.value().new_content.find("nohz_full=2-7,10-15") != std::string::npos);
  fake.put("/etc/default/grub.d/50-other.cfg",
           "GRUB_CMDLINE_LINUX_DEFAULT=\"isolcpus=managed_irq,domain,2-7,10-15\"\n");
  survey = look(fake);
  CHECK(item_of(survey, "boot.isolcpus").verdict == Verdict::ok);
}

TEST_CASE("huge pages are wanted by node and never more than memory allows unless asked") {
  const FakeTree fake("numa32");
  auto survey = look(fake);
  CHECK(item_of(survey, "memory.huge_2m", "node1").wanted == "64");
  fake.put("/sys/devices/system/node/node1/meminfo", "Node 1 MemFree: 40960 kB\n");
  survey = look(fake);
  CHECK(item_of(survey, "memory.huge_2m", "node1").wanted == "10");
  tune::Wishes wishes;
  wishes.huge_2m_per_node = 500;
  wishes.huge_1g_per_node = 2;
  survey = look(fake, wishes);
  CHECK(item_of(survey, "memory.huge_2m", "node1").wanted == "500");
  CHECK(item_of(survey, "memory.huge_1g", "node0").wanted == "2");
  CHECK(item_of(survey, "boot.huge_1g").wanted == "hugepagesz=1G hugepages=0:2,1:2");
  fake.put("/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "700\n");
  survey = look(fake, wishes);
  CHECK(item_of(survey, "memory.huge_2m", "node0").verdict == Verdict::ok);
}

TEST_CASE("once processors are isolated timers may leave them") {
  const FakeTree fake("smt8");
  CHECK(item_of(look(fake), "sched.timer_migration").wanted == "0");
  fake.put("/sys/devices/system/cpu/isolated", "2-7,10-15\n");
  CHECK(item_of(look(fake), "sched.timer_migration").wanted == "1");
}

TEST_CASE("a choice of processors that was configured stays the choice") {
  const FakeTree fake("smt8");
  fake.put(tune::kGrubDropIn,
           tune::render_drop_in(tune::parse_cmdline("isolcpus=managed_irq,domain,7,15")));
  const auto survey = look(fake);
  CHECK(survey.isolation.hot == std::vector<int>{7, 15});
  CHECK(item_of(survey, "boot.isolcpus").reason == "configured; next: update-grub, then reboot");
}

TEST_CASE("unknown names are answered with the nearest") {
  CHECK(tune::find_setting("cpu.governer").error().hint == "did you mean cpu.governor?");
  CHECK(tune::find_profile("low-latancy").error().hint == "did you mean low-latency?");
  CHECK(tune::find_profile("zzz").error().code == Code::usage);
}

TEST_SUITE_END();
