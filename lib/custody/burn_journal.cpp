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
constexpr std::uint32_t kAttempt = 4;
// Records of checks that may stand in the file while it is in use, 9 MB.
constexpr std::size_t kMostChecks = 100'000;

std::string key_of(ByteView setup_id) {
  return std::string(core::as_text(setup_id));
}

JournalRecord record_of(std::uint32_t type, const ByteArray<32>& setup_id,
                        const mpc::PairIdentity& identity, std::uint32_t cause) {
  JournalRecord record{type, Bytes(kPayloadBytes)};
  std::ranges::copy(setup_id, record.payload.begin());
  std::ranges::copy(identity.key_id, record.payload.begin() + 32);
  core::store_le(&record.payload[64], identity.epoch);
  core::store_le(&record.payload[68], identity.peer);
  core::store_le(&record.payload[72], cause);
  return record;
}

constexpr JournalKind kKind{"TALLYBRN", kPayloadBytes,
                            "its records cannot be trusted: make a new pair setup and remove it"};

}  // namespace

Result<std::unique_ptr<BurnJournal>> BurnJournal::open(const std::string& path) {
  std::vector<JournalRecord> records;
  TALLY_TRY(auto journal, RecordJournal::open(path, kKind, records));
  std::unique_ptr<BurnJournal> made(new BurnJournal(std::move(journal)));
  std::map<std::string, JournalRecord> open_checks;
  std::map<std::string, int> depth;
  for (const JournalRecord& record : records) {
    const std::string key = key_of(ByteView(record.payload).first(32));
    if (record.type == kBurnt || record.type == kAttempt) made->kept_.push_back(record);
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
    made->kept_.push_back(record);
  }
  if (made->kept_ != records) TALLY_CHECK(made->journal_.rewrite(made->kept_));
  return made;
}

bool BurnJournal::append(std::uint32_t type, const ByteArray<32>& setup_id,
                         const mpc::PairIdentity& identity, std::uint32_t cause) {
  JournalRecord record = record_of(type, setup_id, identity, cause);
  const bool durable = type == kBurnt || type == kAttempt;
  const bool written = journal_.append({&record, 1}, durable).has_value();
  if (durable) {
    kept_.push_back(std::move(record));
  } else {
    ++checks_on_file_;
  }
  return written;
}

bool BurnJournal::burn(const mpc::PairSetup& setup, mpc::Cause cause) {
  const std::lock_guard lock(mutex_);
  burnt_.insert(key_of(setup.setup_id()));
  if (open_checks_ > 0) --open_checks_;
  return append(kBurnt, setup.setup_id(), setup.identity(), static_cast<std::uint32_t>(cause));
}

bool BurnJournal::begin_check(const mpc::PairSetup& setup) {
  const std::lock_guard lock(mutex_);
  if (!append(kCheckBegins, setup.setup_id(), setup.identity(), 0)) return false;
  ++open_checks_;
  return true;
}

void BurnJournal::end_check(const mpc::PairSetup& setup) {
  const std::lock_guard lock(mutex_);
  if (open_checks_ > 0) --open_checks_;
  // Where this fails the check stays open and the setup is burnt at the next start: on the safe
  // side.
  static_cast<void>(append(kCheckEnds, setup.setup_id(), setup.identity(), 0));
  if (open_checks_ == 0 && checks_on_file_ >= kMostChecks) trim();
}

// A file that could not be rewritten takes no further record, so that every check is refused.
void BurnJournal::trim() {
  if (journal_.rewrite(kept_)) checks_on_file_ = 0;
}

bool BurnJournal::burnt(const ByteArray<32>& setup_id) const {
  const std::lock_guard lock(mutex_);
  return burnt_.contains(key_of(setup_id));
}

bool BurnJournal::broken() const {
  const std::lock_guard lock(mutex_);
  return journal_.broken();
}

bool BurnJournal::begin_attempt(const mpc::PairIdentity& identity) {
  const std::lock_guard lock(mutex_);
  return append(kAttempt, {}, identity, identity.counter);
}

std::uint32_t BurnJournal::attempts(const mpc::PairIdentity& identity) const {
  const std::lock_guard lock(mutex_);
  const Bytes wanted = record_of(kAttempt, {}, identity, 0).payload;
  std::uint32_t next = 0;
  for (const JournalRecord& record : kept_) {
    if (record.type != kAttempt ||
        !std::equal(wanted.begin(), wanted.begin() + 72, record.payload.begin())) {
      continue;
    }
    next = std::max(next, core::load_le<std::uint32_t>(&record.payload[72]) + 1);
  }
  return next;
}

}  // namespace tally::custody
