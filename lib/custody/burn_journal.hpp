// The record of pair setups that must never be used again, kept apart from the setups themselves so
// that a restored copy of these does not bring them back. Also of checks under way: a process that
// is killed between finding a cheat and burning the setup leaves a check that never ended, and the
// next opening burns for it. (After a crash of the whole machine the second may be lost; the burn
// itself is synced.) And of how often each pair was set up in an epoch, because each attempt gives
// a cheater another guess.
//
// Checks that ended are dropped from the file when it is opened and once there are many.
//
// Any thread.
#pragma once

#include <mutex>
#include <unordered_set>

#include "custody/record_journal.hpp"
#include "mpc/ecdsa_presign.hpp"

namespace tally::custody {

class BurnJournal final : public mpc::BurnLedger {
 public:
  // Errors: those of RecordJournal::open.
  [[nodiscard]] static Result<std::unique_ptr<BurnJournal>> open(const std::string& path);

  [[nodiscard]] bool burn(const mpc::PairSetup& setup, mpc::Cause cause) override;
  [[nodiscard]] bool begin_check(const mpc::PairSetup& setup) override;
  void end_check(const mpc::PairSetup& setup) override;

  // Whether this setup is burnt. Asked for every setup that is loaded.
  [[nodiscard]] bool burnt(const ByteArray<32>& setup_id) const;

  // Whether a record could not be written: nothing is promised any more by this object.
  [[nodiscard]] bool broken() const;

  // Before a peer's last message of a pair setup is looked at: from then on the attempt counts.
  // False when that could not be synced.
  [[nodiscard]] bool begin_attempt(const mpc::PairIdentity& identity);
  // The reset counter of the next attempt: how many there were with this peer in this epoch.
  [[nodiscard]] std::uint32_t attempts(const mpc::PairIdentity& identity) const;

 private:
  explicit BurnJournal(RecordJournal journal) : journal_(std::move(journal)) {}
  [[nodiscard]] bool append(std::uint32_t type, const ByteArray<32>& setup_id,
                            const mpc::PairIdentity& identity, std::uint32_t cause);
  void trim();

  mutable std::mutex mutex_;
  RecordJournal journal_;
  std::unordered_set<std::string> burnt_;
  std::vector<JournalRecord> kept_;  // burnt setups and attempts
  std::size_t open_checks_ = 0;
  std::size_t checks_on_file_ = 0;
};

}  // namespace tally::custody
