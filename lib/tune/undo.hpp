// Taking back what a transaction did: step by step in reverse order, each only if the value is
// still ours or the old one. Three-way: what stood before, what we made of it, what stands now.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "tune/host.hpp"
#include "tune/journal.hpp"
#include "tune/store.hpp"

namespace tally::tune {

enum class Standing {
  old,      // as before the step: nothing to do
  ours,     // as the step left it
  foreign,  // somebody else has changed it since
  gone,     // the file is no longer there: the device or module has left
};
struct Look {
  Standing standing = Standing::old;
  std::string current;  // raw; empty for an absent file
};
// Errors: permission, io: the value cannot be read.
[[nodiscard]] Result<Look> look_at(const Host& host, const Step& step);
[[nodiscard]] Standing compare(const Step& step, const std::string& current, bool exists);

struct UndoStep {
  std::string id;
  std::string instance;
  std::string path;
  std::string restored;  // raw; the value written back
  UndoOutcome outcome = UndoOutcome::untouched;
  std::string note;  // why it was left or failed
};

struct UndoOptions {
  bool same_boot = true;  // otherwise live values are gone, and only files are put back
  bool force = false;     // put back what somebody else changed as well
};

// Undoes and journals each step; closes the transaction unless a step failed (with `force`, even
// then). Errors: io when the journal cannot be written.
[[nodiscard]] Result<std::vector<UndoStep>> undo(Host& host, const Transaction& transaction,
                                                 JournalWriter& journal,
                                                 const UndoOptions& options);

// What a rollback of these transactions, newest first, would find changed by others, a line each.
// Nothing is written.
[[nodiscard]] std::vector<std::string> find_conflicts(const Host& host,
                                                      const std::vector<Transaction>& newest_first,
                                                      const std::string& boot_id);

// Commands for a POSIX shell that do the same, newest step first.
[[nodiscard]] std::string undo_as_shell(const Tree& tree, const Transaction& transaction,
                                        bool same_boot);

// Finishes what a killed process or a power cut left: a transaction with nothing meant is
// discarded; one with every step done is committed; any other is undone. Returns a line for each.
// Errors: bad_data when a journal is damaged; the first step that could not be put back.
[[nodiscard]] Result<std::vector<std::string>> recover(Host& host, Store& store,
                                                       const std::string& boot_id);

}  // namespace tally::tune
