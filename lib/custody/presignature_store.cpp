#include "custody/presignature_store.hpp"

#include <algorithm>

namespace tally::custody {
namespace {

constexpr std::uint32_t kOpened = 1;  // payload: the presignature's id

constexpr JournalKind kKind{"TALLYPSG", 32,
                            "its records cannot be trusted: make a new pair setup and remove it"};

}  // namespace

PresignatureStore::PresignatureStore(RecordJournal journal, core::SecretBytes slab, ForkGuard guard)
    : journal_(std::move(journal)), slab_(std::move(slab)), guard_(std::move(guard)) {}

Result<PresignatureStore> PresignatureStore::open(const std::string& journal,
                                                  const ByteArray<32>& key_id, std::uint32_t epoch,
                                                  std::size_t capacity, std::size_t block) {
  if (capacity == 0 || capacity > mpc::dkls::kMostPresignatures || block == 0) {
    return fail(Code::usage, "a store holds 1 to 1024 presignatures, in blocks of 1 at least");
  }
  std::vector<JournalRecord> records;
  TALLY_TRY(auto opened, RecordJournal::open(journal, kKind, records));
  TALLY_TRY(auto slab, core::SecretBytes::allocate(capacity * mpc::kPresignatureSecretBytes));
  TALLY_TRY(auto guard, ForkGuard::create());
  PresignatureStore store(std::move(opened), std::move(slab), std::move(guard));
  store.key_id_ = key_id;
  store.epoch_ = epoch;
  store.block_ = block;
  for (std::size_t i = capacity; i > 0; --i) {
    store.free_slots_.push_back(static_cast<std::uint32_t>(i - 1));
  }
  store.entries_.reserve(capacity);
  for (const JournalRecord& record : records) {
    ByteArray<32> id{};
    std::ranges::copy(record.payload, id.begin());
    (void)store.remember(id);
  }
  return store;
}

// False for an id that is known.
bool PresignatureStore::remember(const ByteArray<32>& id) {
  if (!seen_.insert(id).second) return false;
  order_.push_back(id);
  return true;
}

// Once twice as many are known as are to be. The record of those that stay may hold some that were
// never handed out: they are lost with this process anyway.
Status PresignatureStore::forget_oldest() {
  if (order_.size() < 2 * kRemembered) return {};
  std::vector<JournalRecord> kept;
  while (order_.size() > kRemembered) {
    seen_.erase(order_.front());
    order_.pop_front();
  }
  for (const auto& id : order_) kept.push_back({kOpened, {id.begin(), id.end()}});
  return journal_.rewrite(kept);
}

MutableByteView PresignatureStore::slot(std::uint32_t index) {
  return slab_.bytes().subspan(index * mpc::kPresignatureSecretBytes,
                               mpc::kPresignatureSecretBytes);
}

Status PresignatureStore::put(mpc::Presignature presignature) {
  const auto& facts = presignature.facts();
  if (facts.key_id != key_id_ || facts.epoch != epoch_) {
    return fail(Code::usage, "the presignature is of another key or epoch");
  }
  if (!guard_.intact()) return fail(Code::permission, "the store belongs to another process");
  if (announced_.erase(facts.sid) == 0) {
    return fail(Code::permission, "the presignature is of no session that was announced");
  }
  if (free_slots_.empty()) return fail(Code::try_again, "the store of presignatures is full");
  if (!remember(facts.id)) {
    return fail(Code::permission, "the presignature was used, or lost in a crash, before");
  }
  Entry entry;
  entry.slot = free_slots_.back();
  free_slots_.pop_back();
  entry.facts = mpc::Presignature::move_to(std::move(presignature), slot(entry.slot));
  entries_.push_back(std::move(entry));
  return {};
}

Status PresignatureStore::open_block() {
  if (!guard_.intact()) return fail(Code::permission, "the store belongs to another process");
  std::vector<JournalRecord> records;
  std::vector<Entry*> opened;
  for (Entry& entry : entries_) {
    if (entry.open || records.size() == block_) continue;
    records.push_back({kOpened, {entry.facts.id.begin(), entry.facts.id.end()}});
    opened.push_back(&entry);
  }
  if (records.empty()) return {};
  TALLY_CHECK(forget_oldest());
  TALLY_CHECK(journal_.append(records, true));
  for (Entry* const entry : opened) entry->open = true;
  return {};
}

void PresignatureStore::remove(std::vector<Entry>::iterator entry) {
  core::wipe(slot(entry->slot));
  free_slots_.push_back(entry->slot);
  entries_.erase(entry);
}

std::optional<mpc::BoundPresignature> PresignatureStore::take(const ByteArray<32>& id,
                                                              const mpc::ComputedDigest& digest) {
  const auto found = std::ranges::find_if(
      entries_, [&id](const Entry& entry) { return entry.open && entry.facts.id == id; });
  if (found == entries_.end() || !guard_.intact()) return std::nullopt;
  auto presignature = mpc::Presignature::take_from(std::move(found->facts), slot(found->slot));
  remove(found);
  return mpc::BoundPresignature(std::move(presignature), digest);
}

void PresignatureStore::drop(const ByteArray<32>& id) {
  const auto found =
      std::ranges::find_if(entries_, [&id](const Entry& entry) { return entry.facts.id == id; });
  if (found != entries_.end()) remove(found);
}

void PresignatureStore::drop_with(const ByteArray<32>& setup_id) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const auto& ids = entry->facts.setup_ids;
    if (std::ranges::find(ids, setup_id) == ids.end()) {
      ++entry;
      continue;
    }
    const auto at = entry - entries_.begin();
    remove(entry);
    entry = entries_.begin() + at;
  }
}

std::vector<ByteArray<32>> PresignatureStore::ready() const {
  std::vector<ByteArray<32>> ids;
  for (const Entry& entry : entries_) {
    if (entry.open) ids.push_back(entry.facts.id);
  }
  return ids;
}

}  // namespace tally::custody
