#include "tune/undo.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "tune/text.hpp"

namespace tally::tune {
namespace {

bool same_value(const Step& step, const std::string& a, const std::string& b) {
  if (step.intent.kind == ValueKind::file) return a == b;
  return normalised(a) == normalised(b);
}

// A count between the old and the asked one, where the process ended before it could say what came
// of the write: the kernel had given what it could.
bool partly_met(const Step& step, const std::string& current) {
  if (step.intent.kind != ValueKind::count || step.done) return false;
  const auto before = parse_integer(normalised(step.intent.old_bytes));
  const auto asked = parse_integer(normalised(step.intent.new_bytes));
  const auto now = parse_integer(normalised(current));
  return before && asked && now && *now >= std::min(*before, *asked) &&
         *now <= std::max(*before, *asked);
}

bool was_refused(const Step& step) {
  return step.done && step.done->outcome == Outcome::refused;
}

// Every step that was meant is done, and none failed: what is missing is only the last record.
bool is_complete(const Transaction& transaction) {
  return transaction.steps.size() == transaction.begin->steps &&
         std::all_of(transaction.steps.begin(), transaction.steps.end(), [](const Step& step) {
           return step.done &&
                  (step.done->outcome == Outcome::written || step.done->outcome == Outcome::fewer);
         });
}

Status put_back(Host& host, const Step& step) {
  const IntentRecord& intent = step.intent;
  if (intent.kind == ValueKind::file) {
    return intent.existed ? host.replace(intent.path, intent.old_bytes) : host.remove(intent.path);
  }
  TALLY_CHECK(host.write_value(intent.path, intent.old_bytes));
  TALLY_TRY(const std::string now, host.read(intent.path));
  if (same_value(step, now, intent.old_bytes)) return {};
  return fail(Code::unavailable,
              fmt::format("{} reads {} after {} was written back", intent.path,
                          printable(normalised(now)), printable(normalised(intent.old_bytes))));
}

// What a killed apply, or undo, left beside the file. Nobody else makes one now: the store's lock
// is held.
Status remove_parts(Host& host, const std::string& path) {
  const std::string folder = folder_of(path);
  const auto names = host.list(folder);
  if (!names) return names.error().code == Code::no_input ? Status{} : fail(names.error());
  for (const std::string& name : *names) {
    if (!is_part_of(name, last_part(path))) continue;
    TALLY_CHECK(host.remove(fmt::format("{}/{}", folder, name)));
  }
  return {};
}

void undo_step(Host& host, const Step& step, const UndoOptions& options, UndoStep& report) {
  if (step.intent.kind == ValueKind::file) {
    if (const Status removed = remove_parts(host, step.intent.path); !removed) {
      report.outcome = UndoOutcome::failed;
      report.note = removed.error().message;
      return;
    }
  }
  if (was_refused(step)) return;
  if (!options.same_boot && step.intent.kind != ValueKind::file) {
    report.note = "the boot since has reset it";
    return;
  }
  const auto look = look_at(host, step);
  if (!look) {
    report.outcome = UndoOutcome::failed;
    report.note = look.error().message;
    return;
  }
  if (look->standing == Standing::old) return;
  if (look->standing == Standing::gone) {
    report.note = "it is no longer there";
    return;
  }
  if (look->standing == Standing::foreign && !options.force) {
    report.outcome = UndoOutcome::left;
    report.note =
        fmt::format("somebody has changed it to {} since", printable(normalised(look->current)));
    return;
  }
  const auto done = put_back(host, step);
  report.outcome = done ? UndoOutcome::restored : UndoOutcome::failed;
  report.note = done ? std::string() : done.error().message;
}

std::string shell_line(const Tree& tree, const Step& step) {
  const IntentRecord& intent = step.intent;
  const std::string path = shell_quoted(tree.shown(intent.path));
  if (!intent.existed) return fmt::format("rm -f -- {}\n", path);
  return fmt::format("printf {} > {}\n", printf_format(intent.old_bytes), path);
}

}  // namespace

Standing compare(const Step& step, const std::string& current, bool exists) {
  const IntentRecord& intent = step.intent;
  if (!exists) {
    if (intent.kind != ValueKind::file) return Standing::gone;
    return intent.existed ? Standing::foreign : Standing::old;
  }
  if (intent.existed && same_value(step, current, intent.old_bytes)) return Standing::old;
  if (same_value(step, current, step.done ? step.done->after : intent.new_bytes)) {
    return Standing::ours;
  }
  return partly_met(step, current) ? Standing::ours : Standing::foreign;
}

Result<Look> look_at(const Host& host, const Step& step) {
  auto current = host.read(step.intent.path);
  const bool missing = !current && current.error().code == Code::no_input;
  if (!current && !missing) return fail(current.error());
  Look look;
  if (current) look.current = std::move(*current);
  look.standing = compare(step, look.current, !missing);
  return look;
}

Result<std::vector<UndoStep>> undo(Host& host, const Transaction& transaction,
                                   JournalWriter& journal, const UndoOptions& options) {
  std::vector<UndoStep> reports;
  bool failed = false;
  TALLY_CHECK(journal.append(UndoRecord{}));
  for (std::size_t i = transaction.steps.size(); i-- > 0;) {
    const Step& step = transaction.steps[i];
    const bool settled = step.undone && step.undone->outcome != UndoOutcome::failed;
    if (settled && !(options.force && step.undone->outcome == UndoOutcome::left)) continue;
    UndoStep report{step.intent.id,        step.intent.instance,   step.intent.path,
                    step.intent.old_bytes, UndoOutcome::untouched, {}};
    undo_step(host, step, options, report);
    TALLY_CHECK(journal.append(UndoneRecord{step.intent.index, report.outcome}));
    failed = failed || report.outcome == UndoOutcome::failed;
    reports.push_back(std::move(report));
  }
  if (!failed || options.force) TALLY_CHECK(journal.append(ClosedRecord{}));
  return reports;
}

std::vector<std::string> find_conflicts(const Host& host,
                                        const std::vector<Transaction>& newest_first,
                                        const std::string& boot_id) {
  std::vector<std::string> conflicts;
  std::map<std::string, Look> after;  // what the newer rollbacks will have left, by path
  for (const Transaction& transaction : newest_first) {
    const bool same_boot = transaction.begin->boot_id == boot_id;
    for (std::size_t i = transaction.steps.size(); i-- > 0;) {
      const Step& step = transaction.steps[i];
      if (was_refused(step)) continue;
      if (!same_boot && step.intent.kind != ValueKind::file) continue;
      const auto known = after.find(step.intent.path);
      const auto look = known == after.end()
                            ? look_at(host, step)
                            : Result<Look>(Look{compare(step, known->second.current,
                                                        known->second.standing != Standing::gone),
                                                known->second.current});
      if (look && look->standing == Standing::foreign) {
        conflicts.push_back(fmt::format("{} {} {}: was set to {} and is {}", transaction.name,
                                        step.intent.id, step.intent.instance,
                                        printable(normalised(step.intent.new_bytes)),
                                        printable(normalised(look->current))));
      }
      after[step.intent.path] =
          Look{step.intent.existed ? Standing::old : Standing::gone, step.intent.old_bytes};
    }
  }
  return conflicts;
}

std::string undo_as_shell(const Tree& tree, const Transaction& transaction, bool same_boot) {
  std::string lines =
      fmt::format("# {}: what tally-tune rollback {} does\n", transaction.name, transaction.name);
  for (std::size_t i = transaction.steps.size(); i-- > 0;) {
    const Step& step = transaction.steps[i];
    if (was_refused(step)) continue;
    if (!same_boot && step.intent.kind != ValueKind::file) continue;
    lines += shell_line(tree, step);
  }
  return lines;
}

Result<std::vector<std::string>> recover(Host& host, Store& store, const std::string& boot_id) {
  std::vector<std::string> told;
  TALLY_TRY(const Listing listing, store.list());
  if (!listing.broken.empty()) return fail(listing.broken.front());
  // Newest first, as for every undo.
  for (auto it = listing.transactions.rbegin(); it != listing.transactions.rend(); ++it) {
    const Transaction& transaction = *it;
    if (!transaction.begin) {
      TALLY_CHECK(store.discard(transaction));
      told.push_back(transaction.name + " was cut before it began, and is discarded");
      continue;
    }
    if (!transaction.open()) continue;
    TALLY_TRY(JournalWriter journal, store.resume(transaction));
    if (!transaction.undoing && is_complete(transaction)) {
      TALLY_CHECK(journal.append(CommitRecord{}));
      told.push_back(transaction.name + " was cut after its last step, and is now complete");
      continue;
    }
    UndoOptions options;
    options.same_boot = transaction.begin->boot_id == boot_id;
    TALLY_TRY(const auto steps, undo(host, transaction, journal, options));
    std::size_t restored = 0;
    for (const UndoStep& step : steps) {
      if (step.outcome == UndoOutcome::failed) {
        return fail(Code::os_failure,
                    fmt::format("{} was cut short and {} {} cannot be put back: {}",
                                transaction.name, step.id, step.instance, step.note),
                    fmt::format("tally-tune rollback {} --force gives it up", transaction.name));
      }
      if (step.outcome == UndoOutcome::restored) ++restored;
      if (step.outcome == UndoOutcome::left) {
        told.push_back(fmt::format("{} {} {} is left: {}", transaction.name, step.id, step.instance,
                                   step.note));
      }
    }
    told.push_back(fmt::format("{} was cut short, and is undone: {} value{} put back",
                               transaction.name, restored, restored == 1 ? "" : "s"));
  }
  return told;
}

}  // namespace tally::tune
