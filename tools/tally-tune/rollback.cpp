#include <algorithm>
#include <fmt/format.h>

#include "commands.hpp"
#include "json/writer.hpp"
#include "tune/store.hpp"
#include "tune/text.hpp"

namespace tally::tool {
namespace {

const char* name_of(tune::UndoOutcome outcome) {
  switch (outcome) {
    case tune::UndoOutcome::restored:
      return "restored";
    case tune::UndoOutcome::untouched:
      return "as before";
    case tune::UndoOutcome::left:
      return "left";
    case tune::UndoOutcome::failed:
      return "failed";
  }
  return "?";
}

bool can_be_undone(const tune::Transaction& transaction) {
  return transaction.begin && !transaction.closed;
}

// What the user chose, newest first. Errors: usage, with what there is.
Result<std::vector<tune::Transaction>> choose(const tune::Listing& listing,
                                              const Options& options) {
  std::vector<tune::Transaction> chosen;
  std::vector<std::string> undoable;
  for (auto it = listing.transactions.rbegin(); it != listing.transactions.rend(); ++it) {
    if (!can_be_undone(*it)) continue;
    undoable.push_back(it->name);
    const auto& names = options.transactions;
    if (options.all || std::find(names.begin(), names.end(), it->name) != names.end()) {
      chosen.push_back(*it);
    }
  }
  const std::string hint = undoable.empty()
                               ? std::string("nothing is in force")
                               : fmt::format("in force: {}", fmt::join(undoable, ", "));
  for (const std::string& name : options.transactions) {
    if (std::find(undoable.begin(), undoable.end(), name) == undoable.end()) {
      return fail(Code::usage, fmt::format("there is no transaction {} to roll back", name), hint);
    }
  }
  if (!options.all && options.transactions.empty()) {
    return fail(Code::usage, "say which transaction to roll back, or --all", hint);
  }
  return chosen;
}

void print_step(cli::Invocation& invocation, const std::string& transaction,
                const tune::UndoStep& step) {
  const bool file = step.id == "boot.drop_in";
  const std::string value = tune::printable(tune::normalised(step.restored));
  if (invocation.json) {
    json::Writer line;
    line.begin_object().field("schema", "tally.tune.rollback/1").field("transaction", transaction);
    line.field("id", step.id).field("instance", step.instance).field("path", step.path);
    line.field("old", value).field("outcome", name_of(step.outcome)).field("note", step.note);
    invocation.out.line(line.end_object().take());
    return;
  }
  invocation.out.print("{:<9} {} {}: {}{}{}\n", name_of(step.outcome), step.id, step.instance,
                       file ? step.path : value, step.note.empty() ? "" : "; ", step.note);
}

// Rolls one back. Returns whether the drop-in was touched.
Result<bool> roll_back(cli::Invocation& invocation, tune::Host& host, tune::Store& store,
                       const tune::Transaction& transaction, const tune::UndoOptions& how) {
  TALLY_TRY(tune::JournalWriter journal, store.resume(transaction));
  TALLY_TRY(const auto steps, tune::undo(host, transaction, journal, how));
  bool boot_changed = false;
  for (const tune::UndoStep& step : steps) {
    print_step(invocation, transaction.name, step);
    const bool restored = step.outcome == tune::UndoOutcome::restored;
    boot_changed = boot_changed || (restored && step.id == "boot.drop_in");
    if (step.outcome == tune::UndoOutcome::failed && !how.force) {
      return fail(Code::os_failure,
                  fmt::format("{}: {} {} cannot be put back: {}", transaction.name, step.id,
                              step.instance, step.note),
                  "the rest is; --force gives it up");
    }
  }
  return boot_changed;
}

Result<Code> print_shell(cli::Invocation& invocation, const tune::Tree& tree,
                         const tune::Host& host, const Options& options) {
  TALLY_TRY(const tune::Listing listing, tune::Store::for_reading(tree).list());
  TALLY_TRY(const auto chosen, choose(listing, options));
  const std::string boot_id = tune::read_boot_id(host);
  for (const tune::Transaction& transaction : chosen) {
    const bool same_boot = transaction.begin->boot_id == boot_id;
    invocation.out.write(tune::undo_as_shell(tree, transaction, same_boot));
  }
  return Code::ok;
}

Result<Code> run_rollback(cli::Invocation& invocation, const Options& options) {
  TALLY_TRY(const tune::Tree tree, tune::Tree::open(options.root));
  TALLY_CHECK(check_update_grub(tree, options));
  tune::TreeHost host(tree);
  if (options.print) return print_shell(invocation, tree, host, options);
  TALLY_TRY(tune::Store store, tune::Store::for_writing(tree));
  const std::string boot_id = tune::read_boot_id(host);
  // With --force a transaction that recovery cannot finish is among the chosen ones.
  if (!options.force) {
    TALLY_TRY(const auto told, tune::recover(host, store, boot_id));
    for (const std::string& line : told) invocation.out.warning(line);
    if (!told.empty() && !options.all && options.transactions.empty()) return Code::ok;
  }
  TALLY_TRY(const tune::Listing listing, store.list());
  if (!listing.broken.empty()) return fail(listing.broken.front());
  TALLY_TRY(const auto chosen, choose(listing, options));
  const auto conflicts = tune::find_conflicts(host, chosen, boot_id);
  if (!conflicts.empty() && !options.force) {
    for (std::size_t i = 1; i < conflicts.size(); ++i) invocation.out.warning(conflicts[i]);
    return fail(Code::negative, "somebody has changed it since: " + conflicts.front(),
                "nothing is rolled back; --force puts the old values back all the same");
  }
  bool boot_changed = false;
  for (const tune::Transaction& transaction : chosen) {
    tune::UndoOptions how;
    how.same_boot = transaction.begin->boot_id == boot_id;
    how.force = options.force;
    TALLY_TRY(const bool changed, roll_back(invocation, host, store, transaction, how));
    boot_changed = boot_changed || changed;
  }
  if (chosen.empty()) invocation.out.note("nothing is in force");
  if (boot_changed) TALLY_CHECK(finish_boot_change(invocation, options));
  return Code::ok;
}

}  // namespace

void add_rollback(cli::App& app, Options& options) {
  cli::Command& command = app.root().command("rollback", "undo what was applied, exactly");
  add_root(command, options);
  command.arguments("TXN", options.transactions, "transactions, as status names them", false);
  command.flag("--all", options.all, "everything that is in force");
  command.flag("--force", options.force, "also what somebody else has changed since");
  command.flag("--print", options.print, "print the undo as shell commands and change nothing");
  command.flag("--run-update-grub", options.run_update_grub,
               "run update-grub after a change of boot parameters");
  command.example("tally-tune rollback --all");
  command.on_run(
      [&options](cli::Invocation& invocation) { return run_rollback(invocation, options); });
}

}  // namespace tally::tool
