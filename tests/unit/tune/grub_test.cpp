#include "tune/grub.hpp"

#include <doctest/doctest.h>

#include "unit/tune/fake.hpp"

namespace tune = tally::tune;
using tally::Code;
using tally::test::FakeTree;

TEST_SUITE_BEGIN("tune");

TEST_CASE("a command line is parsed and not searched") {
  const auto parameters = tune::parse_cmdline(
      "root=/dev/sda1 dyndbg=\"file a.c +p isolcpus=3\" nohz-full=1 hugepagesz=1G "
      "hugepages=0:2,1:2 "
      "hugepagesz=2M hugepages=64 quiet -- isolcpus=9\n");
  CHECK(parameters ==
        std::vector<tune::Parameter>{{"root", "root=/dev/sda1"},
                                     {"dyndbg", "dyndbg=\"file a.c +p isolcpus=3\""},
                                     {"nohz_full", "nohz-full=1"},
                                     {"hugepagesz=1G", "hugepagesz=1G hugepages=0:2,1:2"},
                                     {"hugepagesz=2M", "hugepagesz=2M hugepages=64"},
                                     {"quiet", "quiet"}});
}

TEST_CASE("only parameters of ours may stand in a plan") {
  for (const char* good : {"isolcpus=managed_irq,domain,2-7", "nohz_full=1", "irqaffinity=0-1,8",
                           "hugepagesz=1G hugepages=0:2,1:2"}) {
    CAPTURE(std::string(good));
    CHECK(tune::check_own_parameter(good).has_value());
  }
  for (const char* bad : {"", "init=/bin/sh", "isolcpus=1 init=/bin/sh", "isolcpus=$(reboot)",
                          "isolcpus=1\"; reboot", "hugepagesz=2M hugepages=1"}) {
    CAPTURE(std::string(bad));
    CHECK(tune::check_own_parameter(bad).error().code == Code::configuration);
  }
  CHECK(tune::check_own_parameter("mitigations=off").error().message ==
        "the mitigations of processor bugs are never turned off here");
}

TEST_CASE("the drop in appends and comes back as it was written") {
  const auto parameters = tune::parse_cmdline("isolcpus=2 hugepagesz=1G hugepages=2");
  const std::string content = tune::render_drop_in(parameters);
  CHECK(tune::parse_drop_in(content) == parameters);
  CHECK(content.find("\nGRUB_CMDLINE_LINUX=") == std::string::npos);
}

TEST_CASE("a shell that reads the drop in keeps what was there") {
  const FakeTree tree;
  tree.put("/90.cfg", tune::render_drop_in(tune::parse_cmdline("isolcpus=2-3 nohz_full=2-3")));
  const auto sourced = [&](const std::string& before) {
    const std::string command = "cd '" + tree.root() + "' && { " + before +
                                " . ./90.cfg; printf %s \"$GRUB_CMDLINE_LINUX_DEFAULT\" >out; }";
    REQUIRE(std::system(command.c_str()) == 0);
    return tree.get("/out");
  };
  CHECK(sourced("GRUB_CMDLINE_LINUX_DEFAULT='quiet splash';") ==
        "quiet splash isolcpus=2-3 nohz_full=2-3");
  CHECK(sourced("unset GRUB_CMDLINE_LINUX_DEFAULT;") == "isolcpus=2-3 nohz_full=2-3");
}

TEST_CASE("assignments of others are read through quotes and comments") {
  const auto found = tune::parse_assignments(
      "# GRUB_CMDLINE_LINUX=\"isolcpus=1\"\n"
      "GRUB_CMDLINE_LINUX_DEFAULT='quiet isolcpus=4-7' # ours\n"
      "  export GRUB_CMDLINE_LINUX=\"a \\\"b\\\"\"\n"
      "GRUB_CMDLINE_LINUX_DEFAULT+=\" c\"\n"
      "GRUB_CMDLINE_LINUX_XEN=x\n");
  REQUIRE(found.size() == 3);
  CHECK(found[0].value == "quiet isolcpus=4-7");
  CHECK(found[1].variable == "GRUB_CMDLINE_LINUX");
  CHECK(found[1].value == "a \"b\"");
  CHECK(found[2].value == " c");
}

TEST_CASE("the standing of a parameter is told in three parts") {
  const FakeTree fake("numa32");
  const tune::Tree tree = fake.open();
  const tune::TreeHost host(tree);
  fake.put(tune::kGrubDropIn, tune::render_drop_in(tune::parse_cmdline("isolcpus=2-3")));
  auto state = tune::read_grub(host).value();
  CHECK(state.present);
  CHECK(tune::holds(state.configured, "isolcpus=2-3"));
  REQUIRE(state.menu_lines.size() == 1);
  CHECK_FALSE(tune::holds(state.menu_lines[0], "isolcpus=2-3"));
  CHECK_FALSE(state.recovery_touched);
  fake.put("/boot/grub/grub.cfg",
           "\tlinux /vmlinuz ro isolcpus=2-3\n  linux /vmlinuz ro single isolcpus=2-3\n");
  fake.put("/proc/cmdline", "ro isolcpus=2-3\n");
  state = tune::read_grub(host).value();
  CHECK(tune::holds(state.menu_lines.at(0), "isolcpus=2-3"));
  CHECK(state.recovery_touched);
  CHECK(tune::holds(state.booted, "isolcpus=2-3"));
}

TEST_SUITE_END();
