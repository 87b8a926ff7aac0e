// Presignatures between their making and their one use. Two signatures over different digests with
// one presignature give the key away, so each is bound to one digest when it is taken, and each is
// gone for good after a crash, in a forked child, and from every copy:
//
// - The secrets are in locked memory only. A store that is opened, from whatever backup or copy, is
//   empty; a child of fork() holds zeros and is refused.
// - Presignatures are handed out in blocks. Before the first of a block, the journal says that the
//   block is open, synced; after a crash none of an open block may ever come back, and is refused.
// - The journal is held by one process. A second one that races for it is refused.
// - A presignature is taken in only for a session that this process has announced, and once. The
//   identifier of a session holds fresh bytes of this party, so that none is announced again; which
//   is why the journal need not grow for ever: it keeps the last kRemembered ids, as a second line.
//
// A copied virtual machine shows in none of these; against it helps only that honest peers take one
// R3 of a presignature.
//
// One thread. Memory is allocated by open().
#pragma once

#include <deque>
#include <set>

#include "custody/fork_guard.hpp"
#include "custody/record_journal.hpp"
#include "mpc/ecdsa_presignature.hpp"

namespace tally::custody {

class PresignatureStore {
 public:
  static constexpr std::size_t kRemembered = 16384;

  // One key and epoch: `journal` is a file of its own for each. `capacity` is at most
  // dkls::kMostPresignatures. Errors: usage; those of RecordJournal::open; os_failure when memory
  // cannot be locked.
  [[nodiscard]] static Result<PresignatureStore> open(const std::string& journal,
                                                      const ByteArray<32>& key_id,
                                                      std::uint32_t epoch, std::size_t capacity,
                                                      std::size_t block);

  // A session is about to make one, which put() takes in once; or will not any more. Pre: the sid
  // was not announced before.
  void announce(const ByteArray<32>& sid) { announced_.insert(sid); }
  void withdraw(const ByteArray<32>& sid) { announced_.erase(sid); }

  // Keeps one. Errors: usage for one of another key or epoch; permission for one of no session that
  // was announced, that was here before, or in a forked child; try_again when the store is full. It
  // is wiped then.
  [[nodiscard]] Status put(mpc::Presignature presignature);

  // Puts on record that the next `block` of those kept may be handed out: some milliseconds, ahead
  // of need. Errors: io; nothing of the block is handed out then.
  [[nodiscard]] Status open_block();
  // Whether that has failed: no further block is ever opened by this object.
  [[nodiscard]] bool broken() const { return journal_.broken(); }

  // Takes out the presignature for this digest and no other. Nothing for an id that is not in an
  // open block, was taken, or in a forked child. One system call.
  [[nodiscard]] std::optional<mpc::BoundPresignature> take(const ByteArray<32>& id,
                                                           const mpc::ComputedDigest& digest);

  // Wipes one that nobody will ask for any more.
  void drop(const ByteArray<32>& id);
  // Those that a burnt pair setup had part in are wiped and never handed out.
  void drop_with(const ByteArray<32>& setup_id);

  // Ids that take() would hand out, in the order they were put.
  [[nodiscard]] std::vector<ByteArray<32>> ready() const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }
  [[nodiscard]] std::size_t capacity() const { return free_slots_.size() + entries_.size(); }

 private:
  struct Entry {
    mpc::PresignatureFacts facts;
    std::uint32_t slot = 0;
    bool open = false;
  };
  PresignatureStore(RecordJournal journal, core::SecretBytes slab, ForkGuard guard);
  [[nodiscard]] MutableByteView slot(std::uint32_t index);
  void remove(std::vector<Entry>::iterator entry);
  [[nodiscard]] bool remember(const ByteArray<32>& id);
  [[nodiscard]] Status forget_oldest();

  RecordJournal journal_;
  core::SecretBytes slab_;
  ForkGuard guard_;
  ByteArray<32> key_id_{};
  std::uint32_t epoch_ = 0;
  std::size_t block_ = 1;
  std::vector<Entry> entries_;  // in the order they were put
  std::vector<std::uint32_t> free_slots_;
  std::set<ByteArray<32>> announced_;  // sids
  // Ids that were here last, in this process or on record; and the same in their order.
  std::set<ByteArray<32>> seen_;
  std::deque<ByteArray<32>> order_;
};

}  // namespace tally::custody
