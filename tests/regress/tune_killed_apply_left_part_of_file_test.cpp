// A process that was killed while it replaced a file left what it had written under another name
// beside it, and no rollback took that away.
#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

#include "support/child.hpp"
#include "tune/apply.hpp"
#include "tune/undo.hpp"
#include "unit/tune/fake.hpp"

namespace tune = tally::tune;

namespace {

constexpr const char* kBoot = "11111111-2222-3333-4444-555555555555";
constexpr const char* kFolder = "/etc/default/grub.d";

// Applies a plan, and is killed while it replaces the file for the boot loader.
int apply_and_die(const tally::test::FakeTree& fake, const std::string& part) {
  const tune::Tree tree = fake.open();
  tally::test::FaultyHost host(tree);
  const auto profile = tally::test::low_latency();
  const auto plan = tune::make_plan(tune::survey(host, profile, {}).value(), profile);
  host.on_write = [&](const std::string& path) {
    if (path != tune::kGrubDropIn) return;
    fake.put(part, "GRUB_CMDL");
    ::_exit(9);
  };
  auto store = tune::Store::for_writing(tree).value();
  static_cast<void>(tune::apply(host, store, plan, kBoot, {}));
  return 0;
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("what a killed apply has written of a file goes with its rollback") {
  const tally::test::FakeTree fake("smt8");
  const std::string part = std::string(kFolder) + "/.90-tallyio.cfg.4711.tmp";
  const std::string other = std::string(kFolder) + "/.90-tallyio.cfg.mine.tmp";
  fake.put(other, "of somebody else");
  tally::test::Child child([&] { return apply_and_die(fake, part); });
  REQUIRE(child.reap() == 9);
  REQUIRE(fake.has(part));
  const tune::Tree tree = fake.open();
  tally::test::FaultyHost host(tree);
  auto store = tune::Store::for_writing(tree).value();
  CHECK(tune::recover(host, store, kBoot).value().size() == 1);
  CHECK_FALSE(fake.has(part));
  CHECK_FALSE(fake.has(tune::kGrubDropIn));
  CHECK(fake.get(other) == "of somebody else");
}

TEST_CASE("only what replace leaves is taken for a part of a file") {
  CHECK(tune::is_part_of(".a.cfg.1.tmp", "a.cfg"));
  for (const char* name : {"a.cfg", ".a.cfg.tmp", ".a.cfg..tmp", ".a.cfg.1.tmp.", ".b.cfg.1.tmp",
                           ".a.cfg.1x.tmp", "a.cfg.1.tmp"}) {
    CAPTURE(name);
    CHECK_FALSE(tune::is_part_of(name, "a.cfg"));
  }
}

TEST_SUITE_END();
