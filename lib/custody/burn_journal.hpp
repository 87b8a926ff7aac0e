// The record of pair setups that must never be used again, kept apart from the setups themselves so
// that a restored copy of these does not bring them back. Also of checks under way: a process that
// is killed between finding a cheat and burning the setup leaves a check that never ended, and the
// next opening burns for it. (After a crash of the whole machine the second may be lost; the burn
// itself is synced.)
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

 private:
  explicit BurnJournal(RecordJournal journal) : journal_(std::move(journal)) {}
  [[nodiscard]] bool append(std::uint32_t type, const mpc::PairSetup& setup, std::uint32_t cause,
                            bool durable);

  mutable std::mutex mutex_;
  RecordJournal journal_;
  std::unordered_set<std::string> burnt_;
};

}  // namespace tally::custody
