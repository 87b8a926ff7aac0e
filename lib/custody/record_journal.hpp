// A file that only grows, of records of one size, read whole when it is opened and held by one
// process at a time: what must be remembered across a crash. Little-endian:
//
//   header  magic 8, bytes of a payload u32, zero u32
//   record  number u32 from 0, type u32, payload, CRC-32C u32 of the record before it
//
// A record that was torn by a crash can only be the last, was never reported as written, and is cut
// off at the next opening: one that is short, and one of whole size whose checksum is wrong, since
// a crash can leave a file its length and not its bytes. Damage done to the last record afterwards
// looks the same and is cut off as well; damage before it is refused. Mode 0600. One thread.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::custody {

struct JournalRecord {
  std::uint32_t type = 0;
  Bytes payload;

  bool operator==(const JournalRecord&) const = default;
};

struct JournalKind {
  std::string_view magic;  // 8 characters
  std::uint32_t payload_bytes = 0;
  // What its owner does about a damaged one: a journal that is removed forgets what it refused, so
  // that what it guarded has to go first.
  const char* if_damaged = "";
};

class RecordJournal {
 public:
  // Creates the file where it is missing. What stands in the journal goes to `records`. Errors:
  // try_again when another process (or another opening in this one) holds it; bad_data when it is
  // damaged or of another kind; permission, cannot_create, io.
  [[nodiscard]] static Result<RecordJournal> open(const std::string& path, const JournalKind& kind,
                                                  std::vector<JournalRecord>& records);

  // Writes records behind the others. Durable: returns after fsync, so that they survive the
  // machine; otherwise they survive the process. Errors: io; the journal takes nothing more then.
  // Pre: payloads have the size given to open().
  [[nodiscard]] Status append(std::span<const JournalRecord> records, bool durable);

  // Puts these records in the place of all others, whole or not at all, and synced. Errors: those
  // of core::replace_file, try_again when another process took the journal meanwhile; it takes
  // nothing more then.
  [[nodiscard]] Status rewrite(std::span<const JournalRecord> records);

  // Whether one of the two has failed: nothing more is taken until the file is opened again.
  [[nodiscard]] bool broken() const { return broken_; }

 private:
  RecordJournal(UniqueFd fd, std::string path, std::uint32_t payload_bytes, std::uint32_t next)
      : fd_(std::move(fd)), path_(std::move(path)), payload_bytes_(payload_bytes), next_(next) {}
  [[nodiscard]] Bytes encode(std::span<const JournalRecord> records);

  UniqueFd fd_;
  std::string path_;
  std::uint32_t payload_bytes_;
  std::uint32_t next_;
  bool broken_ = false;
};

}  // namespace tally::custody
