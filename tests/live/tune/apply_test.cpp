// Applies to this host and rolls back, each value read before and after. The journal is kept apart
// from the host's own, in a temporary folder.
#include "tune/apply.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <unistd.h>

#include "support/skip.hpp"
#include "tune/text.hpp"

namespace tune = tally::tune;

namespace {

struct JournalFolder {
  JournalFolder() {
    std::string name = "/tmp/tally-live-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~JournalFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  JournalFolder(const JournalFolder&) = delete;
  JournalFolder& operator=(const JournalFolder&) = delete;
  std::string path;
};

// What apply may change of live settings, as it stands.
std::map<std::string, std::string> values_of(const tune::Host& host, const tune::Plan& plan) {
  std::map<std::string, std::string> values;
  for (const tune::Change& change : plan.changes) {
    values[change.path] = host.read(change.path).value();
  }
  return values;
}

}  // namespace

TEST_SUITE_BEGIN("live");

TEST_CASE("what is applied to this host reads back and is undone to the byte") {
  if (::geteuid() != 0) tally::test::skip("changing the host needs root");
  const JournalFolder folder;
  const tune::Tree host_tree = tune::Tree::open("/").value();
  const tune::Tree journal_tree = tune::Tree::open(folder.path).value();
  tune::TreeHost host(host_tree);
  const tune::Profile& profile = *tune::find_profile("low-latency").value();
  tune::Plan plan = tune::make_plan(tune::survey(host, profile, {}).value(), profile);
  std::erase_if(plan.changes, [](const auto& c) { return c.when != tune::When::live; });
  plan.boot_file.reset();
  if (plan.changes.empty()) tally::test::skip("this host is tuned already: nothing to change");

  const auto before = values_of(host, plan);
  auto store = tune::Store::for_writing(journal_tree).value();
  const std::string boot_id = tune::read_boot_id(host);
  tune::ApplyOptions options;
  options.keep_going = true;  // a container may refuse some; what went through is undone below
  const auto report = tune::apply(host, store, plan, boot_id, options);
  // Whatever is wrong with the report, the host is put back first.
  const auto transactions = store.list().value().transactions;
  REQUIRE(transactions.size() == 1);
  auto journal = store.resume(transactions[0]).value();
  const auto undone = tune::undo(host, transactions[0], journal, {}).value();
  const auto after = values_of(host, plan);
  CHECK(after == before);

  REQUIRE(report.has_value());
  CHECK(report->steps.size() == plan.changes.size());
  std::size_t written = 0;
  for (const tune::ApplyStep& step : report->steps) {
    CAPTURE(step.id);
    CAPTURE(step.after);
    if (step.outcome == tune::Outcome::written) {
      ++written;
      CHECK(step.after == step.asked);
    }
  }
  if (written == 0) tally::test::skip("every write was refused: a container, or a read-only /sys");
  for (const tune::UndoStep& step : undone) {
    CAPTURE(step.id);
    CHECK(step.outcome != tune::UndoOutcome::left);
    CHECK(step.outcome != tune::UndoOutcome::failed);
  }
}

TEST_SUITE_END();
