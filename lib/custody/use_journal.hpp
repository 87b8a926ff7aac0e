// What was done once and must never be done otherwise: a name, and the digest of what it met. A
// ceremony that is carried on from files asks it before each message leaves, so that no copy of its
// state, however old, makes a second message from the same secrets. The same step on the same input
// again is fine: it makes the same message.
//
// One thread. A record is 76 bytes; a synced write a new name.
#pragma once

#include <map>
#include <optional>

#include "custody/record_journal.hpp"

namespace tally::custody {

class UseJournal {
 public:
  // Errors: those of RecordJournal::open.
  [[nodiscard]] static Result<UseJournal> open(const std::string& path);

  // Returns once it is durable that `name` met `what`. Errors: permission when it met something
  // else before; io.
  [[nodiscard]] Status use(const ByteArray<32>& name, const ByteArray<32>& what);
  // What `name` met, or nothing.
  [[nodiscard]] std::optional<ByteArray<32>> met(const ByteArray<32>& name) const;

 private:
  UseJournal(RecordJournal journal, std::map<ByteArray<32>, ByteArray<32>> met)
      : journal_(std::move(journal)), met_(std::move(met)) {}

  RecordJournal journal_;
  std::map<ByteArray<32>, ByteArray<32>> met_;
};

}  // namespace tally::custody
