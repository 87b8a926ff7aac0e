#include "tune/apply.hpp"

#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/version.hpp"
#include "tune/text.hpp"

namespace tally::tune {
namespace {

std::vector<IntentRecord> intents_of(const Plan& plan) {
  std::vector<IntentRecord> intents;
  for (const Change& change : plan.changes) {
    if (change.when != When::live) continue;
    intents.push_back({static_cast<std::uint32_t>(intents.size()), change.kind, change.id,
                       change.instance, change.path, true, change.old_value,
                       change.new_value + "\n"});
  }
  // The file comes last: a live change that fails leaves the next boot as it was.
  if (plan.boot_file) {
    intents.push_back({static_cast<std::uint32_t>(intents.size()), ValueKind::file, "boot.drop_in",
                       "host", plan.boot_file->path, plan.boot_file->old_content.has_value(),
                       plan.boot_file->old_content.value_or(""), plan.boot_file->new_content});
  }
  return intents;
}

// What reads back after a write, against what was asked.
Outcome outcome_of(const IntentRecord& intent, const std::string& after) {
  if (intent.kind == ValueKind::file) {
    return after == intent.new_bytes ? Outcome::written : Outcome::differs;
  }
  if (normalised(after) == normalised(intent.new_bytes)) return Outcome::written;
  if (intent.kind != ValueKind::count) return Outcome::differs;
  const auto asked = parse_integer(normalised(intent.new_bytes));
  const auto got = parse_integer(normalised(after));
  return asked && got && *got < *asked ? Outcome::fewer : Outcome::differs;
}

// One transaction while it is being applied.
class Run {
 public:
  Run(Host& host, JournalWriter& journal, Transaction& transaction, ApplyReport& report)
      : host_(host), journal_(journal), transaction_(transaction), report_(report) {}

  // Errors: try_again when the old value is not the plan's; io from the journal.
  Status step(const IntentRecord& intent) {
    TALLY_CHECK(still_as_planned(intent));
    TALLY_CHECK(journal_.append(intent));
    transaction_.steps.push_back({intent, std::nullopt, std::nullopt});
    const Status written = intent.kind == ValueKind::file
                               ? host_.replace(intent.path, intent.new_bytes)
                               : host_.write_value(intent.path, intent.new_bytes);
    const auto after = host_.read(intent.path);
    ApplyStep told{intent.id,
                   intent.instance,
                   intent.path,
                   normalised(intent.old_bytes),
                   normalised(intent.new_bytes),
                   after ? normalised(*after) : "",
                   {},
                   {}};
    judge(intent, written, after, told);
    DoneRecord done{intent.index, told.outcome, told.error ? told.error->os_errno : 0,
                    after ? *after : std::string()};
    transaction_.steps.back().done = done;
    report_.steps.push_back(std::move(told));
    return journal_.append(done);
  }

  [[nodiscard]] bool last_failed() const {
    const Outcome outcome = report_.steps.back().outcome;
    return outcome == Outcome::refused || outcome == Outcome::differs;
  }

 private:
  Status still_as_planned(const IntentRecord& intent) const {
    const Step step{intent, std::nullopt, std::nullopt};
    TALLY_TRY(const Look look, look_at(host_, step));
    const bool same = intent.existed
                          ? look.current == intent.old_bytes && look.standing != Standing::gone
                          : look.standing == Standing::old;
    if (same) return {};
    return fail(
        Code::try_again,
        fmt::format("{} {} has changed since the plan was made", intent.id, intent.instance),
        "make a new plan: tally-tune plan --out FILE");
  }

  // A failed write that left the old value is refused; one that left another value differs, so that
  // undo looks after it.
  static void judge(const IntentRecord& intent, const Status& written,
                    const Result<std::string>& after, ApplyStep& told) {
    const bool unchanged = after ? intent.existed && *after == intent.old_bytes : !intent.existed;
    if (!written) {
      told.outcome = unchanged ? Outcome::refused : Outcome::differs;
      told.error = written.error();
    } else if (!after) {
      told.outcome = Outcome::differs;
      told.error = after.error();
    } else {
      told.outcome = outcome_of(intent, *after);
      if (told.outcome == Outcome::differs) {
        told.error = Error{Code::unavailable,
                           fmt::format("{} reads {} after {} was written", intent.path,
                                       printable(told.after), printable(told.asked)),
                           "the kernel took the write and not the value", 0};
      }
    }
  }

  Host& host_;
  JournalWriter& journal_;
  Transaction& transaction_;
  ApplyReport& report_;
};

bool all_as_asked(const ApplyReport& report) {
  for (const ApplyStep& step : report.steps) {
    if (step.outcome != Outcome::written) return false;
  }
  return true;
}

}  // namespace

Result<ApplyReport> apply(Host& host, Store& store, const Plan& plan, const std::string& boot_id,
                          const ApplyOptions& options) {
  ApplyReport report;
  const std::vector<IntentRecord> intents = intents_of(plan);
  if (intents.empty()) return report;
  Transaction transaction;
  transaction.begin = BeginRecord{boot_id, core::realtime_ns(),
                                  static_cast<std::uint32_t>(intents.size()), core::kVersion};
  TALLY_TRY(JournalWriter journal, store.begin(*transaction.begin));
  report.transaction = transaction.name = journal.name();
  report.end = ApplyEnd::complete;

  Run run(host, journal, transaction, report);
  Status status;
  for (const IntentRecord& intent : intents) {
    if (options.stop_requested && options.stop_requested()) {
      report.end = ApplyEnd::stopped;
      break;
    }
    status = run.step(intent);
    if (!status) break;
    if (run.last_failed() && !options.keep_going) {
      report.end = ApplyEnd::rolled_back;
      break;
    }
  }
  if (!status || report.end != ApplyEnd::complete) {
    auto undone = undo(host, transaction, journal, {});
    // The journal's own trouble is told first: it is why nothing goes on.
    if (!status) return fail(status.error());
    TALLY_TRY(report.undone, std::move(undone));
    return report;
  }
  TALLY_CHECK(journal.append(CommitRecord{}));
  if (!all_as_asked(report)) report.end = ApplyEnd::partial;
  report.boot_changed =
      plan.boot_file.has_value() && report.steps.back().outcome == Outcome::written;
  report.effects = check_effects(host, transaction.steps);
  return report;
}

}  // namespace tally::tune
