#include "custody/burn_journal.hpp"

#include <algorithm>
#include <map>

#include "core/endian.hpp"

namespace tally::custody {
namespace {

// Payload: setup id 32, key id 32, epoch u32, peer u16, zero u16, cause u32.
constexpr std::uint32_t kPayloadBytes = 76;
constexpr std::uint32_t kBurnt = 1;
constexpr std::uint32_t kCheckBegins = 2;
constexpr std::uint32_t kCheckEnds = 3;

std::string key_of(ByteView setup_id) {
  return std::string(core::as_text(setup_id));
}

}  // namespace

Result<std::unique_ptr<BurnJournal>> BurnJournal::open(const std::string& path) {
  std::vector<JournalRecord> records;
  TALLY_TRY(auto journal, RecordJournal::open(path, "TALLYBRN", kPayloadBytes, records));
  std::unique_ptr<BurnJournal> made(new BurnJournal(std::move(journal)));
  std::map<std::string, JournalRecord> open_checks;
  std::map<std::string, int> depth;
  for (const JournalRecord& record : records) {
    const std::string key = key_of(ByteView(record.payload).first(32));
    if (record.type == kBurnt) made->burnt_.insert(key);
    if (record.type == kCheckBegins) {
      ++depth[key];
      open_checks[key] = record;
    }
    if (record.type == kCheckEnds) --depth[key];
  }
  for (auto& [key, record] : open_checks) {
    if (depth[key] <= 0 || !made->burnt_.insert(key).second) continue;
    record.type = kBurnt;
    TALLY_CHECK(made->journal_.append({&record, 1}, true));
  }
  return made;
}

bool BurnJournal::append(std::uint32_t type, const mpc::PairSetup& setup, std::uint32_t cause,
                         bool durable) {
  JournalRecord record{type, Bytes(kPayloadBytes)};
  std::ranges::copy(setup.setup_id(), record.payload.begin());
  std::ranges::copy(setup.identity().key_id, record.payload.begin() + 32);
  core::store_le(&record.payload[64], setup.identity().epoch);
  core::store_le(&record.payload[68], setup.identity().peer);
  core::store_le(&record.payload[72], cause);
  return journal_.append({&record, 1}, durable).has_value();
}

bool BurnJournal::burn(const mpc::PairSetup& setup, mpc::Cause cause) {
  const std::lock_guard lock(mutex_);
  burnt_.insert(key_of(setup.setup_id()));
  return append(kBurnt, setup, static_cast<std::uint32_t>(cause), true);
}

bool BurnJournal::begin_check(const mpc::PairSetup& setup) {
  const std::lock_guard lock(mutex_);
  return append(kCheckBegins, setup, 0, false);
}

void BurnJournal::end_check(const mpc::PairSetup& setup) {
  const std::lock_guard lock(mutex_);
  // Where this fails the check stays open and the setup is burnt at the next start: on the safe
  // side.
  static_cast<void>(append(kCheckEnds, setup, 0, false));
}

bool BurnJournal::burnt(const ByteArray<32>& setup_id) const {
  const std::lock_guard lock(mutex_);
  return burnt_.contains(key_of(setup_id));
}

}  // namespace tally::custody
