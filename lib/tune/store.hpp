// The journals of a host: /var/lib/tallyio/tune/tNNNN/journal, one folder a transaction, and one
// lock for the one process that may change anything. Journals are readable by everyone, so that
// `status` tells an unprivileged user what is in force; only root can write them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/result.hpp"
#include "tune/journal.hpp"
#include "tune/tree.hpp"

namespace tally::tune {

inline constexpr const char* kStoreFolder = "/var/lib/tallyio/tune";

// Appends records to one journal, each on the disk before append() returns. One thread.
class JournalWriter {
 public:
  JournalWriter(UniqueFd fd, std::string name, std::string shown)
      : fd_(std::move(fd)), name_(std::move(name)), shown_(std::move(shown)) {}
  // Errors: io (a full disk); then the caller must not do what the record announces.
  [[nodiscard]] Status append(const Record& record);
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  UniqueFd fd_;
  std::string name_;
  std::string shown_;
};

struct Listing {
  std::vector<Transaction> transactions;  // oldest first
  std::vector<Error> broken;              // journals that cannot be read, each named
};

class Store {
 public:
  // To look only: takes no lock, and a folder that is not there is an empty store.
  [[nodiscard]] static Store for_reading(const Tree& tree) { return Store(tree, {}); }
  // To change the host: makes the folder and takes the lock for the life of the object.
  // Errors: cannot_create, permission; try_again when another tally-tune holds the lock.
  [[nodiscard]] static Result<Store> for_writing(const Tree& tree);

  [[nodiscard]] Result<Listing> list() const;

  // The next transaction, with its first record on the disk. Only with the lock.
  [[nodiscard]] Result<JournalWriter> begin(const BeginRecord& begin);
  // Goes on with a transaction after dropping a torn tail. Only with the lock.
  [[nodiscard]] Result<JournalWriter> resume(const Transaction& transaction);
  // Removes a journal in which nothing was meant yet. Only with the lock.
  [[nodiscard]] Status discard(const Transaction& transaction);

 private:
  Store(const Tree& tree, UniqueFd lock) : tree_(&tree), lock_(std::move(lock)) {}

  const Tree* tree_;
  UniqueFd lock_;
};

}  // namespace tally::tune
