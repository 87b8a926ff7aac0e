// One endpoint's hold on a ring: the file, its lock bytes and the mapping. Opening and leaving are
// here; moving records is in producer.hpp and consumer.hpp. A Region belongs to one thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <sys/types.h>

#include "core/fd.hpp"
#include "core/result.hpp"
#include "mem/pages.hpp"
#include "ring/byte_area.hpp"
#include "ring/layout.hpp"
#include "ring/lean_slots.hpp"
#include "ring/options.hpp"
#include "ring/slot_area.hpp"

namespace tally::ring {

enum class Peer : std::uint8_t {
  absent,  // nobody ever attached there
  alive,   // its lock is held; it may be stopped
  closed,  // it left in an orderly way
  dead,    // it was killed: attached, and the lock is free
};

// What the last one to leave a ring of many consumers tells of.
struct Left {
  std::uint64_t unread = 0;    // records that nobody had claimed and that go with the ring
  std::uint64_t in_doubt = 0;  // of the last consumer: counted by such that were killed since
};

class Region {
 public:
  // Creates the ring `name` or joins it, and takes the endpoint of `role`. Waits up to
  // open_timeout_ns for another process that is setting the ring up. A ring that nobody holds and
  // that has nothing unread, nor anything in doubt that nobody has told of, and one from before a
  // reboot, is made anew. Of a ring that is handed over (Options::place), `name` is the path of a
  // socket: the first process that opens it makes the ring and waits for the one that takes it.
  // Errors: usage (name, options, a value that differs from the ring's), permission (owner, mode,
  // symbolic link), bad_data (the header, naming the field), cannot_create (no room in /dev/shm),
  // try_again (the endpoint is taken, naming the pid; or set-up takes too long).
  [[nodiscard]] static Result<Region> open(const std::string& name, const Options& options,
                                           Role role);

  Region(Region&&) noexcept = default;
  Region& operator=(Region&& other) noexcept;
  Region(const Region&) = delete;
  Region& operator=(const Region&) = delete;
  ~Region() { leave(); }

  [[nodiscard]] Header& header() const { return *reinterpret_cast<Header*>(mapping_.data()); }
  [[nodiscard]] const Geometry& geometry() const { return geometry_; }
  [[nodiscard]] SlotArea slots() const;        // of a ring of slots
  [[nodiscard]] LeanSlots lean_slots() const;  // of a lean ring
  [[nodiscard]] ByteArea area() const;         // of a ring of bytes, or a broadcast
  [[nodiscard]] Endpoint& own() const { return header().endpoints[entry_]; }
  // Of several readers or producers, the first one's entry.
  [[nodiscard]] Endpoint& other() const { return header().endpoints[first_entry(other_role())]; }
  [[nodiscard]] const mem::PageReport& pages() const { return mapping_.report(); }
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] Place place() const { return path_.empty() ? Place::handed : Place::named; }
  [[nodiscard]] bool is_open() const { return static_cast<bool>(fd_); }
  // Whether this process opened it, and is no child of the one that did.
  [[nodiscard]] bool is_own() const;

  // Half a microsecond: asks the kernel for the lock of the other side. Of several readers or
  // producers, says what is best of any: alive, dead, closed, absent.
  [[nodiscard]] Peer peer() const;
  // Whether who attached at the entry last was killed; half a microsecond.
  [[nodiscard]] bool is_dead(std::size_t entry) const { return state_of(entry) == Peer::dead; }
  // Whether any reader ever attached.
  [[nodiscard]] bool had_reader() const;
  // Sleeps until the other side is there. Errors: try_again after the time-out, or when a stop was
  // asked for (core::StopSignal).
  [[nodiscard]] Status wait_for_peer(std::uint64_t timeout_ns) const;

  // Of a ring of many of that role: whether one that lives, this end among them, says that it
  // claimed `position`. Where none does, and its stamp, read once more, is not there, nobody will
  // ever store it. Pre: a tail, or `taken`, beyond `position` was loaded with acquire.
  [[nodiscard]] bool is_claimed_by_living(Role role, std::uint64_t position) const;
  // What all producers gave up because the ring was full.
  [[nodiscard]] std::uint64_t dropped_by_producers() const;

  // The lock of who frees what killed consumers had claimed. False when another holds it, or the
  // kernel cannot tell.
  [[nodiscard]] bool try_lock_mending() const;
  void unlock_mending() const;

  [[nodiscard]] bool poisoned() const;
  // Gives the ring up for everybody, with the reason.
  void poison(PoisonReason reason) const;

  // For a broadcast's producer that is about to leave, with the number of the oldest record that is
  // still there: how many were overwritten before any reader ever came, and told of by no producer
  // yet. The first reader then begins to count where this ends.
  [[nodiscard]] std::uint64_t tell_unseen(std::uint64_t oldest_number) const;

  // Leaves in an orderly way: marks the endpoint closed, frees its lock, wakes the other side and,
  // if nobody is left, unlinks the ring unless records wait for a reader that has not closed, or
  // some are in doubt and no consumer was left to tell of them. In a forked child it only unmaps:
  // the endpoint is the parent's.
  Left leave();

 private:
  Region() = default;
  [[nodiscard]] Role other_role() const {
    return role_ == Role::producer ? Role::consumer : Role::producer;
  }
  static std::size_t first_entry(Role role) {
    return role == Role::producer ? kProducerEntry : kConsumerEntry;
  }
  [[nodiscard]] bool is_broadcast() const { return geometry_.form == SlotForm::broadcast; }
  [[nodiscard]] bool has_many_producers() const { return ring::has_many_producers(geometry_.form); }
  [[nodiscard]] bool has_many_consumers() const { return ring::has_many_consumers(geometry_.form); }
  // How many may take this side at once, and their entries.
  [[nodiscard]] std::size_t entry_count(Role role) const {
    return role == Role::producer ? producer_count(geometry_.form) : consumer_count(geometry_.form);
  }
  [[nodiscard]] std::size_t entry_of(Role role, std::size_t index) const {
    return role == Role::producer ? producer_entry(index) : consumer_entry(geometry_.form, index);
  }
  Status open_named(const Options& options);
  Status open_handed(const Options& options);
  Result<bool> enter(const Options& options);  // one attempt; false: try again
  Result<bool> join(const Options& options);
  Status create(const Options& options);
  Status create_unnamed(const Options& options);
  Status join_unnamed(const Options& options);
  Status settle_new(const Options& options);
  Status settle_joined(const Options& options);
  Status take_endpoint();
  Result<bool> take_free_entry();
  [[nodiscard]] Peer state_of(std::size_t entry) const;
  [[nodiscard]] Peer best_state_of_others() const;
  // How often each of the other side's entries was taken, and how it stands.
  using Standing = std::array<std::uint64_t, kMostConsumers>;
  [[nodiscard]] Standing standing_of_others() const;
  [[nodiscard]] bool is_awaited() const;
  [[nodiscard]] bool begin_reading() const;
  [[nodiscard]] Status check_cursors() const;
  [[nodiscard]] bool is_drained() const;
  [[nodiscard]] std::uint64_t stored_tail() const;
  void introduce(const Options& options) const;
  Left remove_if_last() const;
  [[nodiscard]] std::uint64_t count_untold() const;
  [[nodiscard]] std::uint64_t tell_for_dead() const;
  [[nodiscard]] std::uint64_t count_gone() const;
  [[nodiscard]] std::uint64_t stored_head() const;

  std::string name_;
  std::string path_;  // of the file; empty for a ring without a name
  Role role_ = Role::none;
  std::size_t entry_ = kProducerEntry;
  pid_t pid_ = 0;  // of the process that opened it
  UniqueFd fd_;
  mem::Mapping mapping_;
  Geometry geometry_;
};

}  // namespace tally::ring
