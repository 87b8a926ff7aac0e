// Carrying out a plan. For each change: the old value is read once more, journalled and on the
// disk; then the new one is written and read back, and what came of it journalled. When a step
// fails, what the transaction did before is undone, unless told to keep going; when the process
// dies, recover() does it at the next start.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "tune/effect.hpp"
#include "tune/host.hpp"
#include "tune/plan.hpp"
#include "tune/store.hpp"
#include "tune/undo.hpp"

namespace tally::tune {

struct ApplyOptions {
  bool keep_going = false;               // a step that fails is told, and the rest goes on
  std::function<bool()> stop_requested;  // asked before each step; may be empty
};

struct ApplyStep {
  std::string id;
  std::string instance;
  std::string path;
  std::string old_value;  // normalised
  std::string asked;
  std::string after;
  Outcome outcome = Outcome::written;
  std::optional<Error> error;  // for refused and differs
};

enum class ApplyEnd {
  nothing,      // the plan was empty: no transaction
  complete,     // every step as asked
  partial,      // some fewer, refused or differing, and the rest stays
  rolled_back,  // a step failed, and the others are undone
  stopped,      // a stop was asked for, and everything is undone
};

struct ApplyReport {
  ApplyEnd end = ApplyEnd::nothing;
  std::string transaction;
  std::vector<ApplyStep> steps;
  std::vector<UndoStep> undone;
  std::vector<EffectReport> effects;
  bool boot_changed = false;
};

// Errors: try_again when a value is not as the plan says any more (the transaction is undone then);
// cannot_create, permission, io when the journal cannot be written: nothing goes on without it.
[[nodiscard]] Result<ApplyReport> apply(Host& host, Store& store, const Plan& plan,
                                        const std::string& boot_id, const ApplyOptions& options);

}  // namespace tally::tune
