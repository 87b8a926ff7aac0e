// The bytes of a transaction's journal. A file starts with 8 bytes of magic and version; then come
// records, each written by one write(2) and fsynced before what it announces is done:
//
//   length u32 (of the body) | crc32c u32 (of length and body) | body: type u8, fields
//
// all little-endian; texts are a u32 length and bytes. The journal only grows. What a power cut may
// leave is a beginning of it, or that followed by zeros or part of a record: the tail is dropped. A
// bad record with a good one after it was not made by a power cut, and is refused.
// Pure functions: any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "tune/setting.hpp"

namespace tally::tune {

inline constexpr std::string_view kJournalMagic{"TALLYTJ\x01", 8};
inline constexpr std::size_t kMostRecordBytes = std::size_t{4} << 20U;

// The first record: on which boot of the host, when, and how many steps are meant.
struct BeginRecord {
  std::string boot_id;
  std::uint64_t time_ns = 0;  // CLOCK_REALTIME
  std::uint32_t steps = 0;
  std::string version;
  bool operator==(const BeginRecord&) const = default;
};

// Before a value is written: all that is needed to undo it.
struct IntentRecord {
  std::uint32_t index = 0;  // 0, 1, 2, ...
  ValueKind kind = ValueKind::text;
  std::string id;
  std::string instance;
  std::string path;
  bool existed = true;  // false: undo removes the file
  std::string old_bytes;
  std::string new_bytes;
  bool operator==(const IntentRecord&) const = default;
};

enum class Outcome : std::uint8_t {
  written = 0,  // reads back as asked
  fewer = 1,    // a count that the kernel met in part
  refused = 2,  // the write failed with os_errno; nothing changed
  differs = 3,  // the write went through and something else reads back
};
[[nodiscard]] const char* name_of(Outcome outcome);

// After the write: what came of it.
struct DoneRecord {
  std::uint32_t index = 0;
  Outcome outcome = Outcome::written;
  std::int32_t os_errno = 0;
  std::string after;  // what read back, raw
  bool operator==(const DoneRecord&) const = default;
};

// All steps are done and stay.
struct CommitRecord {
  bool operator==(const CommitRecord&) const = default;
};
// From here on the transaction is being undone, whether it was committed or not.
struct UndoRecord {
  bool operator==(const UndoRecord&) const = default;
};

enum class UndoOutcome : std::uint8_t {
  restored = 0,
  untouched = 1,  // had its old value already, or the boot since has reset it
  left = 2,       // somebody else changed it, and it was left so
  failed = 3,     // could not be written back
};
struct UndoneRecord {
  std::uint32_t index = 0;
  UndoOutcome outcome = UndoOutcome::restored;
  bool operator==(const UndoneRecord&) const = default;
};
// Nothing of the transaction is left to undo.
struct ClosedRecord {
  bool operator==(const ClosedRecord&) const = default;
};

using Record = std::variant<BeginRecord, IntentRecord, DoneRecord, CommitRecord, UndoRecord,
                            UndoneRecord, ClosedRecord>;

[[nodiscard]] std::string encode(const Record& record);

struct DecodedJournal {
  std::vector<Record> records;
  std::size_t valid_bytes = 0;  // where the next record belongs
  bool torn = false;            // something stood after valid_bytes
};
// Errors: bad_data for another magic or version, and for damage before a good record.
[[nodiscard]] Result<DecodedJournal> decode_journal(ByteView file);

// A step as its records tell it.
struct Step {
  IntentRecord intent;
  std::optional<DoneRecord> done;
  std::optional<UndoneRecord> undone;
};

struct Transaction {
  std::string name;                  // "t0001"
  std::optional<BeginRecord> begin;  // absent: cut before anything was meant
  std::vector<Step> steps;
  bool committed = false;
  bool undoing = false;
  bool closed = false;
  std::size_t valid_bytes = 0;
  bool torn = false;

  // In force: applied as a whole and not undone.
  [[nodiscard]] bool active() const { return committed && !closed; }
  // Cut in the middle of apply or of rollback.
  [[nodiscard]] bool open() const { return !closed && (!committed || undoing); }
};

// The records as a transaction. Errors: bad_data when their order makes no sense.
[[nodiscard]] Result<Transaction> fold(const std::string& name, const DecodedJournal& journal);

}  // namespace tally::tune
