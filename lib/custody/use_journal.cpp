#include "custody/use_journal.hpp"

#include <algorithm>

namespace tally::custody {
namespace {

constexpr std::uint32_t kMet = 1;
constexpr std::uint32_t kPayloadBytes = 64;

// What it guards can go on from a copy once it is gone.
constexpr JournalKind kKind{
    "TALLYUSE", kPayloadBytes,
    "it keeps nonces and sessions from being used twice: with it every .cosign-*, .pairing and "
    ".refresh file beside the share must be removed, and those sessions begin anew"};

}  // namespace

Result<UseJournal> UseJournal::open(const std::string& path) {
  std::vector<JournalRecord> records;
  TALLY_TRY(auto journal, RecordJournal::open(path, kKind, records));
  std::map<ByteArray<32>, ByteArray<32>> met;
  for (const JournalRecord& record : records) {
    ByteArray<32> name{};
    ByteArray<32> what{};
    std::copy_n(record.payload.begin(), 32, name.begin());
    std::copy_n(record.payload.begin() + 32, 32, what.begin());
    met.emplace(name, what);
  }
  return UseJournal(std::move(journal), std::move(met));
}

Status UseJournal::use(const ByteArray<32>& name, const ByteArray<32>& what) {
  const auto [place, first] = met_.emplace(name, what);
  if (!first) {
    if (place->second == what) return {};
    return fail(Code::permission, "these secrets were used for something else before",
                "start anew: they take part in one session, whatever copies of it there are");
  }
  JournalRecord record{kMet, Bytes(name.begin(), name.end())};
  record.payload.insert(record.payload.end(), what.begin(), what.end());
  return journal_.append({&record, 1}, true);
}

std::optional<ByteArray<32>> UseJournal::met(const ByteArray<32>& name) const {
  const auto place = met_.find(name);
  if (place == met_.end()) return std::nullopt;
  return place->second;
}

}  // namespace tally::custody
