#include "tune/apply.hpp"

#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <sys/wait.h>

#include "unit/tune/fake.hpp"

namespace tune = tally::tune;
namespace core = tally::core;
using tally::Code;
using tally::test::FakeTree;
using tally::test::FaultyHost;
using tally::test::low_latency;
using tune::ApplyEnd;
using tune::Outcome;

namespace {

constexpr const char* kTimers = "/proc/sys/kernel/timer_migration";
constexpr const char* kPages =
    "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages";
constexpr const char* kLimit = "/sys/devices/system/cpu/cpu1/power/pm_qos_resume_latency_us";
constexpr const char* kBoot = "11111111-2222-3333-4444-555555555555";

struct Rig {
  explicit Rig(const std::string& kind) : fake(kind), tree(fake.open()), host(tree) {}

  [[nodiscard]] tune::Plan plan() const {
    return tune::make_plan(tune::survey(host, low_latency(), {}).value(), low_latency());
  }
  [[nodiscard]] tally::Result<tune::ApplyReport> apply(const tune::ApplyOptions& options = {}) {
    auto store = tune::Store::for_writing(tree).value();
    return tune::apply(host, store, plan(), kBoot, options);
  }
  [[nodiscard]] std::vector<tune::Transaction> transactions() const {
    const auto listing = tune::Store::for_reading(tree).list().value();
    CHECK(listing.broken.empty());
    return listing.transactions;
  }
  [[nodiscard]] std::vector<tune::UndoStep> roll_back(const tune::UndoOptions& options = {}) {
    auto store = tune::Store::for_writing(tree).value();
    const auto all = transactions();
    auto journal = store.resume(all.back()).value();
    return tune::undo(host, all.back(), journal, options).value();
  }
  [[nodiscard]] std::vector<std::string> recover(const std::string& boot = kBoot) {
    auto store = tune::Store::for_writing(tree).value();
    return tune::recover(host, store, boot).value();
  }
  // Everything that apply may touch, by path.
  [[nodiscard]] std::map<std::string, std::string> state(const tune::Plan& of) const {
    std::map<std::string, std::string> values;
    for (const auto& change : of.changes) {
      if (change.when == tune::When::live) values[change.path] = fake.get(change.path);
    }
    values[tune::kGrubDropIn] =
        fake.has(tune::kGrubDropIn) ? fake.get(tune::kGrubDropIn) : "absent";
    return values;
  }

  FakeTree fake;
  tune::Tree tree;
  FaultyHost host;
};

}  // namespace

TEST_SUITE_BEGIN("tune");

TEST_CASE("what is applied reads back and is undone to the byte") {
  for (const char* kind : {"vm2", "smt8", "numa32"}) {
    CAPTURE(std::string(kind));
    Rig rig(kind);
    rig.fake.put(kTimers, "1");  // no line end: it must come back without
    const auto plan = rig.plan();
    const auto before = rig.state(plan);
    const auto report = rig.apply().value();
    CHECK(report.end == ApplyEnd::complete);
    CHECK(rig.fake.get(kTimers) == "0\n");
    CHECK(rig.plan().changes.empty());
    CHECK(rig.transactions().back().active());
    for (const auto& step : rig.roll_back()) CHECK(step.outcome == tune::UndoOutcome::restored);
    CHECK(rig.state(plan) == before);
    CHECK(rig.transactions().back().closed);
  }
}

TEST_CASE("a write that is refused undoes the others and says which") {
  for (const int error : {EPERM, EACCES, EINVAL, EBUSY}) {
    Rig rig("smt8");
    rig.host.write_errno[kTimers] = error;
    const auto plan = rig.plan();
    const auto before = rig.state(plan);
    const auto report = rig.apply().value();
    CHECK(report.end == ApplyEnd::rolled_back);
    CHECK(report.steps.back().id == "sched.timer_migration");
    CHECK(report.steps.back().outcome == Outcome::refused);
    CHECK(report.steps.back().error->code == core::code_for_errno(error));
    CHECK(rig.state(plan) == before);
    CHECK(rig.transactions().back().closed);
  }
}

TEST_CASE("told to keep going the rest is applied and stays") {
  Rig rig("smt8");
  rig.host.write_errno[kTimers] = EACCES;
  tune::ApplyOptions options;
  options.keep_going = true;
  const auto report = rig.apply(options).value();
  CHECK(report.end == ApplyEnd::partial);
  CHECK(rig.fake.get(kTimers) == "1\n");
  CHECK(rig.fake.get(kPages) == "64\n");
  CHECK(rig.fake.has(tune::kGrubDropIn));
  CHECK(rig.transactions().back().active());
}

TEST_CASE("a value that reads back as another is a failure and is undone") {
  Rig rig("vm2");
  rig.host.reads_after[kLimit] = "7\n";
  const auto plan = rig.plan();
  const auto report = rig.apply().value();
  CHECK(report.end == ApplyEnd::rolled_back);
  CHECK(report.steps.back().outcome == Outcome::differs);
  CHECK(report.steps.back().error->code == Code::unavailable);
  // Undoing goes through the same lying file, so the write back is told as failed too.
  CHECK(report.undone.front().outcome == tune::UndoOutcome::failed);
  CHECK(rig.transactions().back().open());
  rig.host.reads_after.clear();
  CHECK(rig.recover().size() == 1);
  CHECK(rig.fake.get(kLimit) == "0\n");
}

TEST_CASE("fewer huge pages than asked are kept and said") {
  Rig rig("vm2");
  rig.host.reads_after[kPages] = "40\n";
  const auto report = rig.apply().value();
  CHECK(report.end == ApplyEnd::partial);
  bool told = false;
  for (const auto& step : report.steps) {
    if (step.path == kPages) {
      told = step.outcome == Outcome::fewer && step.asked == "64" && step.after == "40";
    }
  }
  CHECK(told);
}

TEST_CASE("a value that changed under the plan stops it and undoes the rest") {
  Rig rig("vm2");
  const auto plan = rig.plan();
  rig.host.on_write = [&](const std::string& path) {
    if (path == kLimit) rig.fake.put(kTimers, "5\n");
  };
  const auto report = rig.apply();
  REQUIRE_FALSE(report.has_value());
  CHECK(report.error().code == Code::try_again);
  CHECK(rig.fake.get(kLimit) == "0\n");
  CHECK(rig.fake.get(kTimers) == "5\n");
  CHECK(rig.transactions().back().closed);
}

TEST_CASE("a stop between two steps undoes what was done") {
  Rig rig("numa32");
  const auto plan = rig.plan();
  const auto before = rig.state(plan);
  int asked = 0;
  tune::ApplyOptions options;
  options.stop_requested = [&] { return ++asked > 10; };
  const auto report = rig.apply(options).value();
  CHECK(report.end == ApplyEnd::stopped);
  CHECK(report.undone.size() == 10);
  CHECK(rig.state(plan) == before);
}

TEST_CASE("a process killed before any of its writes leaves what recovery can undo") {
  Rig probe("vm2");
  const std::size_t steps = probe.plan().changes.size();
  REQUIRE(steps >= 4);
  for (std::size_t at = 1; at <= steps; ++at) {
    CAPTURE(at);
    Rig rig("vm2");
    const auto plan = rig.plan();
    const auto before = rig.state(plan);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      std::size_t writes = 0;
      rig.host.on_write = [&](const std::string&) {
        if (++writes == at) ::kill(::getpid(), SIGKILL);
      };
      static_cast<void>(rig.apply());
      ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(rig.transactions().back().open());
    CHECK(rig.recover().size() == 1);
    CHECK(rig.state(plan) == before);
    CHECK(rig.recover().empty());
  }
}

TEST_CASE("a journal cut at any byte recovers to all or nothing") {
  Rig rig("vm2");
  rig.fake.put("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT=quiet\n");
  rig.host.reads_after[kPages] = "40\n";
  const auto plan = rig.plan();
  const auto before = rig.state(plan);
  REQUIRE(rig.apply().value().end == ApplyEnd::partial);
  rig.host.reads_after.clear();
  const auto applied = rig.state(plan);
  const std::string path = std::string(tune::kStoreFolder) + "/t0001/journal";
  const std::string journal = rig.fake.get(path);
  const auto whole = tune::decode_journal(core::as_bytes(journal)).value();

  for (std::size_t cut = 0; cut <= journal.size(); ++cut) {
    CAPTURE(cut);
    // The host as it was when the journal had this length: steps whose intent is on the disk may
    // have been written, so all of them are.
    const auto part = tune::decode_journal(core::as_bytes(journal.substr(0, cut))).value();
    const auto transaction = tune::fold("t0001", part).value();
    for (const auto& [file, content] : before) {
      if (file != tune::kGrubDropIn) rig.fake.put(file, content);
    }
    for (const auto& step : transaction.steps) {
      rig.fake.put(step.intent.path, applied.at(step.intent.path));
    }
    rig.fake.put(path, journal.substr(0, cut));
    const auto told = rig.recover();
    const bool complete = transaction.begin &&
                          transaction.steps.size() == transaction.begin->steps &&
                          transaction.steps.back().done;
    CHECK(rig.state(plan) == (complete ? applied : before));
    CHECK(told.size() == (part.records.size() == whole.records.size() ? 0 : 1));
    CHECK(rig.recover().empty());
    for (const auto& left : rig.transactions()) CHECK_FALSE(left.open());
  }
}

TEST_CASE("a cut in the middle of a rollback goes on from there") {
  Rig rig("vm2");
  const auto plan = rig.plan();
  const auto before = rig.state(plan);
  REQUIRE(rig.apply().value().end == ApplyEnd::complete);
  const auto applied = rig.state(plan);
  static_cast<void>(rig.roll_back());
  const std::string path = std::string(tune::kStoreFolder) + "/t0001/journal";
  const std::string journal = rig.fake.get(path);
  for (std::size_t cut = 0; cut < journal.size(); ++cut) {
    CAPTURE(cut);
    const auto part = tune::decode_journal(core::as_bytes(journal.substr(0, cut))).value();
    const auto transaction = tune::fold("t0001", part).value();
    if (!transaction.undoing) continue;
    for (const auto& [file, content] : applied) {
      if (file != tune::kGrubDropIn) rig.fake.put(file, content);
    }
    for (const auto& step : transaction.steps) {
      if (step.undone) rig.fake.put(step.intent.path, before.at(step.intent.path));
    }
    rig.fake.put(path, journal.substr(0, cut));
    CHECK(rig.recover().size() == 1);
    CHECK(rig.state(plan) == before);
  }
}

TEST_CASE("after a boot only files are repaired") {
  Rig rig("smt8");
  REQUIRE(rig.apply().value().end == ApplyEnd::complete);
  const std::string path = std::string(tune::kStoreFolder) + "/t0001/journal";
  const std::string journal = rig.fake.get(path);
  rig.fake.put(path, journal.substr(0, journal.size() - 9));  // the last record
  rig.host.on_write = [](const std::string& written) { CHECK(written == tune::kGrubDropIn); };
  // Cut once more, within the last step, so that it is undone and not completed.
  const auto part = tune::decode_journal(core::as_bytes(rig.fake.get(path))).value();
  const std::size_t done = tune::encode(part.records.back()).size();
  rig.fake.put(path, journal.substr(0, journal.size() - 9 - done));
  CHECK(rig.recover("another-boot").size() == 1);
  CHECK_FALSE(rig.fake.has(tune::kGrubDropIn));
  CHECK(rig.fake.get(kTimers) == "0\n");
}

TEST_CASE("what somebody else changed since is left and named unless forced") {
  Rig rig("vm2");
  REQUIRE(rig.apply().value().end == ApplyEnd::complete);
  rig.fake.put(kTimers, "3\n");
  const auto conflicts = tune::find_conflicts(rig.host, {rig.transactions().back()}, kBoot);
  REQUIRE(conflicts.size() == 1);
  CHECK(conflicts[0] == "t0001 sched.timer_migration host: was set to 0 and is 3");
  tune::UndoOptions force;
  force.force = true;
  static_cast<void>(rig.roll_back(force));
  CHECK(rig.fake.get(kTimers) == "1\n");
}

TEST_CASE("transactions on one value are no conflict newest first and are one oldest first") {
  Rig rig("vm2");
  REQUIRE(rig.apply().value().end == ApplyEnd::complete);
  rig.fake.put(kTimers, "0\n");
  auto plan = rig.plan();
  plan.changes.push_back({"memory.huge_2m", "node0", tune::When::live, tune::ValueKind::count,
                          kPages, "64\n", "80", ""});
  auto store = tune::Store::for_writing(rig.tree).value();
  REQUIRE(tune::apply(rig.host, store, plan, kBoot, {}).value().end == ApplyEnd::complete);
  const auto all = rig.transactions();
  REQUIRE(all.size() == 2);
  CHECK(tune::find_conflicts(rig.host, {all[1], all[0]}, kBoot).empty());
  CHECK(tune::find_conflicts(rig.host, {all[0]}, kBoot).size() == 1);
}

TEST_CASE("an edited drop in is not undone") {
  Rig rig("smt8");
  REQUIRE(rig.apply().value().end == ApplyEnd::complete);
  rig.fake.put(tune::kGrubDropIn, rig.fake.get(tune::kGrubDropIn) + "# mine\n");
  CHECK(tune::find_conflicts(rig.host, rig.transactions(), kBoot).size() == 1);
  CHECK(rig.roll_back().front().outcome == tune::UndoOutcome::left);
  CHECK(rig.fake.has(tune::kGrubDropIn));
}

TEST_CASE("the undo as shell does what rollback does") {
  Rig rig("smt8");
  const auto plan = rig.plan();
  const auto before = rig.state(plan);
  REQUIRE(rig.apply().value().end == ApplyEnd::complete);
  rig.fake.put("/undo.sh", tune::undo_as_shell(rig.tree, rig.transactions().back(), true));
  REQUIRE(std::system(("sh -eu '" + rig.fake.root() + "/undo.sh'").c_str()) == 0);
  CHECK(rig.state(plan) == before);
}

TEST_CASE("one process at a time may change a host") {
  Rig rig("vm2");
  const auto first = tune::Store::for_writing(rig.tree);
  REQUIRE(first.has_value());
  CHECK(tune::Store::for_writing(rig.tree).error().code == Code::try_again);
}

TEST_CASE("an effect is proved by counters and disproved when a state is still entered") {
  const auto effect_after = [](const std::function<void(const FakeTree&)>& meanwhile) {
    Rig rig("smt8");
    rig.host.pretend_live = true;
    rig.host.on_pause = [&] { meanwhile(rig.fake); };
    const auto report = rig.apply().value();
    for (const auto& effect : report.effects) {
      if (effect.id == "idle.states" && effect.cpu == 2) return effect.effect;
    }
    FAIL("no effect was looked at");
    return tune::Effect::unproved;
  };
  const std::string states = "/sys/devices/system/cpu/cpu2/cpuidle/";
  CHECK(effect_after([&](const FakeTree& fake) { fake.put(states + "state0/usage", "2000\n"); }) ==
        tune::Effect::proved);
  CHECK(effect_after([&](const FakeTree& fake) { fake.put(states + "state2/usage", "2000\n"); }) ==
        tune::Effect::disproved);
  CHECK(effect_after([](const FakeTree&) {}) == tune::Effect::unproved);
}

TEST_CASE("drift is told of what was applied and is no longer so") {
  Rig rig("vm2");
  REQUIRE(rig.apply().value().end == ApplyEnd::complete);
  rig.fake.put(kTimers, "1\n");
  auto survey = tune::survey(rig.host, low_latency(), {}).value();
  tune::judge_drift(survey, rig.transactions());
  const auto& drifted = tally::test::item_of(survey, "sched.timer_migration");
  CHECK(drifted.verdict == tune::Verdict::drift);
  CHECK(drifted.reason == "t0001 set it to 0; somebody has changed it since");
  CHECK(tally::test::item_of(survey, "idle.pm_qos", "cpu1").verdict == tune::Verdict::ok);
  survey.boot_id = "another";
  tune::judge_drift(survey, rig.transactions());
  CHECK(tally::test::item_of(survey, "sched.timer_migration").reason ==
        "t0001 set it to 0; the boot since has reset it");
}

TEST_SUITE_END();
