#include "ring/region.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "core/clock.hpp"
#include "mem/memory_file.hpp"
#include "ring/asked.hpp"
#include "ring/broadcast.hpp"
#include "ring/handover.hpp"
#include "ring/liveness.hpp"
#include "ring/ring_file.hpp"

namespace tally::ring {
namespace {

constexpr std::uint64_t kRetryNs = 1'000'000;
constexpr std::uint64_t kLeaveTimeoutNs = 1'000'000'000;

void pause_before_retry() {
  std::this_thread::sleep_for(std::chrono::nanoseconds(kRetryNs));
}

// Holds the set-up byte for a scope. The byte is freed before the descriptor's other locks.
class SetupLock {
 public:
  SetupLock() = default;
  explicit SetupLock(int fd) : fd_(fd) {}
  SetupLock(SetupLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  SetupLock& operator=(SetupLock&&) = delete;
  SetupLock(const SetupLock&) = delete;
  SetupLock& operator=(const SetupLock&) = delete;
  ~SetupLock() {
    if (fd_ >= 0) unlock_byte(fd_, kSetupLockByte);
  }

 private:
  int fd_ = -1;
};

bool wait_for_setup_lock(int fd, std::uint64_t deadline_ns, Error& why) {
  for (;;) {
    const auto locked = try_lock_byte(fd, kSetupLockByte);
    if (!locked) {
      why = locked.error();
      return false;
    }
    if (*locked) return true;
    if (core::monotonic_ns() >= deadline_ns) {
      why = {Code::try_again, "another process has been setting it up for too long",
             "see tally-relay ring stat; a stopped process may have to be continued", 0};
      return false;
    }
    pause_before_retry();
  }
}

struct FileHeader {
  StaticHeader fixed;
  std::uint32_t state;
};
static_assert(offsetof(FileHeader, state) == offsetof(Header, state));

// Reads the header through the descriptor: a file that is too short is noticed, not faulted on.
Result<FileHeader> read_file_header(int fd, std::uint64_t& file_bytes) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return fail_errno("cannot examine it", errno);
  file_bytes = static_cast<std::uint64_t>(info.st_size);
  FileHeader header{};
  if (file_bytes == 0) return header;  // just created: state init
  const ssize_t got = ::pread(fd, &header, sizeof header, 0);
  if (got != static_cast<ssize_t>(sizeof header)) {
    return fail(Code::bad_data,
                "the file has " + std::to_string(file_bytes) +
                    " bytes, too few for a header: it was truncated",
                "remove it with tally-relay ring rm, and start again");
  }
  return header;
}

Error poison_error(int fd) {
  std::uint32_t reason = 0;
  const bool known = ::pread(fd, &reason, sizeof reason, offsetof(Header, poison_reason)) ==
                     static_cast<ssize_t>(sizeof reason);
  const char* why = "for an unknown reason";
  if (known && reason == static_cast<std::uint32_t>(PoisonReason::bad_length)) {
    why = "because a record's length was out of range";
  } else if (known && reason == static_cast<std::uint32_t>(PoisonReason::removed)) {
    why = "because it was removed by force";
  } else if (known && reason == static_cast<std::uint32_t>(PoisonReason::bad_cursor)) {
    why = "because a cursor was out of range";
  }
  return {Code::bad_data, std::string("it was given up ") + why,
          "remove it with tally-relay ring rm, and start again", 0};
}

}  // namespace

ByteArea Region::area() const {
  return {mapping_.data() + kSlotsOffset, geometry_.capacity, geometry_.payload_bytes};
}

bool Region::is_drained() const {
  if (is_byte_area(geometry_.form)) return !has_unread(area(), stored_head());
  if (geometry_.form == SlotForm::lean) return !has_unread(lean_slots(), stored_head());
  if (has_many_producers() || has_many_consumers()) {
    // From the head on, also of what consumers took that were killed: it is to be counted.
    const std::uint64_t head = stored_head();
    return count_unread(slots(), head, stored_tail()) == 0;
  }
  return !has_unread(slots(), stored_head());
}

// The position behind the last record of a ring of slots; of many producers, behind the last that
// was claimed.
std::uint64_t Region::stored_tail() const {
  // Acquire pairs with the store of the tail: what was claimed or committed before is looked at.
  const std::uint64_t stored = header().tail.load(std::memory_order_acquire);
  if (geometry_.form == SlotForm::lean) return recover_tail(lean_slots(), stored);
  return has_many_producers() ? stored : recover_tail(slots(), stored);
}

SlotArea Region::slots() const {
  return {mapping_.data() + slots_offset(geometry_.form), geometry_.capacity, geometry_.slot_bytes,
          geometry_.payload_bytes};
}

LeanSlots Region::lean_slots() const {
  return {mapping_.data() + kSlotsOffset, geometry_.capacity, geometry_.slot_bytes,
          geometry_.payload_bytes};
}

Result<Region> Region::open(const std::string& name, const Options& options, Role role) {
  const bool named = options.place == Place::named;
  TALLY_CHECK(named ? check_name(name) : check_handover_path(name));
  TALLY_CHECK(check_options(options));
  TALLY_CHECK(check_pages(options));
  Region region;
  region.name_ = name;
  if (named) region.path_ = ring_path(name);
  region.role_ = role;
  region.pid_ = ::getpid();
  region.entry_ = first_entry(role);
  const Status opened = named ? region.open_named(options) : region.open_handed(options);
  if (!opened) {
    region.fd_.reset();  // what it may have joined is left as it was
    return fail(opened.error().in("ring " + name));
  }
  if (options.wait_for_peer) TALLY_CHECK(region.wait_for_peer(options.open_timeout_ns));
  return region;
}

Status Region::open_named(const Options& options) {
  for (;;) {
    TALLY_TRY(const bool entered, enter(options));
    if (entered) return {};
    // Nothing of the file that was given up concerns the next one.
    mapping_ = {};
    geometry_ = {};
    fd_.reset();
  }
}

// The descriptor that is given is another than the one with this side's locks, which would live on
// in the taker's hands; and the taker opens one of its own for the same reason.
Status Region::open_handed(const Options& options) {
  const std::uint64_t deadline_ns = core::monotonic_ns() + options.open_timeout_ns;
  TALLY_TRY(const HandoverSocket socket, HandoverSocket::open(name_, deadline_ns));
  if (socket.gives()) {
    TALLY_CHECK(create_unnamed(options));
    TALLY_TRY(const UniqueFd given, mem::reopen(fd_.get()));
    return socket.give(given.get(), deadline_ns);
  }
  TALLY_TRY(const UniqueFd given, socket.take(deadline_ns));
  TALLY_CHECK(mem::check_sealed_size(given.get()));
  TALLY_TRY(fd_, mem::reopen(given.get()));
  Error why;
  if (!wait_for_setup_lock(fd_.get(), deadline_ns, why)) return fail(std::move(why));
  const SetupLock setup(fd_.get());
  TALLY_CHECK(join_unnamed(options));
  introduce(options);
  return socket.accept();
}

Status Region::create_unnamed(const Options& options) {
  geometry_ = plan_ring(options);
  TALLY_TRY(mem::MemoryFile file,
            mem::make_memory_file("tally-ring", geometry_.total_bytes, page_request(options)));
  fd_ = std::move(file.fd);
  geometry_.total_bytes = file.size_bytes;
  TALLY_CHECK(mem::seal_size(fd_.get()));
  TALLY_CHECK(settle_new(options));
  TALLY_CHECK(take_endpoint());
  introduce(options);
  return {};
}

Status Region::join_unnamed(const Options& options) {
  std::uint64_t file_bytes = 0;
  TALLY_TRY(const FileHeader found, read_file_header(fd_.get(), file_bytes));
  TALLY_TRY(geometry_, check_header(found.fixed, file_bytes));
  if (found.state != static_cast<std::uint32_t>(State::ready)) {
    return fail(Code::bad_data, "state " + std::to_string(found.state) + " is not ready",
                "start both sides again");
  }
  TALLY_TRY(mapping_,
            mem::Mapping::of_file(fd_.get(), geometry_.total_bytes, page_request(options)));
  return settle_joined(options);
}

Result<bool> Region::enter(const Options& options) {
  const std::uint64_t deadline_ns = core::monotonic_ns() + options.open_timeout_ns;
  TALLY_TRY(fd_, open_or_create_ring_file(path_));
  if (!fd_) return false;
  Error why;
  if (!wait_for_setup_lock(fd_.get(), deadline_ns, why)) return fail(std::move(why));
  const SetupLock setup(fd_.get());
  if (!is_current(fd_.get(), path_)) return false;
  TALLY_TRY(const bool joined, join(options));
  if (joined) introduce(options);
  return joined;
}

// Under the set-up lock: looks at what the file is and makes it a ring, joins it, or unlinks what
// is left of an old one. Returns false after unlinking.
Result<bool> Region::join(const Options& options) {
  std::uint64_t file_bytes = 0;
  TALLY_TRY(const FileHeader found, read_file_header(fd_.get(), file_bytes));
  const bool held = any_endpoint_locked(fd_.get());
  const auto state = static_cast<State>(found.state);
  if (state == State::init && !held) {
    // New, or its creator was killed half-way: nobody joins before the state says ready.
    TALLY_CHECK(take_endpoint());
    if (auto made = create(options); !made) {
      ::unlink(path_.c_str());
      return fail(std::move(made).error());
    }
    return true;
  }
  if (state == State::poisoned) return fail(poison_error(fd_.get()));
  TALLY_TRY(geometry_, check_header(found.fixed, file_bytes));
  if (state != State::ready && state != State::closing) {
    return fail(Code::bad_data, "state " + std::to_string(found.state) + " is unknown",
                "remove it with tally-relay ring rm, and start again");
  }
  const bool old_boot = found.fixed.boot_hash != boot_hash();
  if (!held && (old_boot || state == State::closing)) {
    ::unlink(path_.c_str());
    return false;
  }
  TALLY_TRY(mapping_,
            mem::Mapping::of_file(fd_.get(), geometry_.total_bytes, page_request(options)));
  if (!held && is_drained() && count_untold() == 0) {
    ::unlink(path_.c_str());
    return false;
  }
  TALLY_CHECK(settle_joined(options));
  return true;
}

Status Region::settle_joined(const Options& options) {
  TALLY_CHECK(check_asked(options, geometry_));
  TALLY_CHECK(take_endpoint());
  return check_cursors();
}

// The head first: what it leaves behind by the time that the tail is read is room, never too much
// of it. The producer of a broadcast moves both, and so do those who live when another of many
// producers comes: where the head did not stand still meanwhile, somebody lives, and their distance
// was right when he came.
Status Region::check_cursors() const {
  const std::uint64_t head = stored_head();
  // Acquire, both: the looks come in this order.
  const std::uint64_t taken =
      has_many_consumers() ? header().taken.load(std::memory_order_acquire) : head;
  const std::uint64_t stored = header().tail.load(std::memory_order_acquire);
  const bool bytes = is_byte_area(geometry_.form);
  const std::uint64_t tail = bytes ? recover_tail(area(), stored) : stored_tail();
  const bool aligned = !bytes || (head % kByteGranule == 0 && stored % kByteGranule == 0);
  const bool near = tail - head <= geometry_.capacity && taken - head <= tail - head;
  const bool many = has_many_producers() || has_many_consumers();
  // Acquire: as above. One of many consumers may be ahead of a tail that its producer, who lives,
  // has yet to store.
  const bool moves =
      stored_head() != head || header().tail.load(std::memory_order_acquire) != stored;
  if (aligned && (near || ((is_broadcast() || many) && moves))) return {};
  return fail(Code::bad_data,
              "head " + std::to_string(head) + " and tail " + std::to_string(tail) +
                  " are not within the ring's capacity of each other",
              "remove it with tally-relay ring rm, and start again");
}

Status Region::create(const Options& options) {
  geometry_ = plan_ring(options);
  if (options.huge == mem::HugeWish::two_mib) {
    geometry_.total_bytes = (geometry_.total_bytes + mem::kHugePageBytes - 1) /
                            mem::kHugePageBytes * mem::kHugePageBytes;
  }
  TALLY_CHECK(reserve(fd_.get(), path_, geometry_.total_bytes));
  return settle_new(options);
}

// The file has its size, and nobody else uses it yet.
Status Region::settle_new(const Options& options) {
  TALLY_TRY(mapping_,
            mem::Mapping::of_file(fd_.get(), geometry_.total_bytes, page_request(options)));
  geometry_.page_kind = mapping_.report().kind;
  // The file is zeroed, which is no stamp of a position of the first lap.
  const StaticHeader fixed = make_header(geometry_);
  std::memcpy(&header().fixed, &fixed, sizeof fixed);
  // Release: who reads `ready` finds the header and the stamps stored above.
  header().state.store(static_cast<std::uint32_t>(State::ready), std::memory_order_release);
  return {};
}

// The entry of one that was killed, so that a reader's successor goes on where it stood and a
// producer's mends what the others are told; or one that is free.
Result<bool> Region::take_free_entry() {
  for (const bool after_dead : {true, false}) {
    for (std::size_t index = 0; index < entry_count(role_); ++index) {
      const std::size_t entry = entry_of(role_, index);
      const bool left_by_dead = state_of(entry) == Peer::dead;
      if (left_by_dead != after_dead) continue;
      TALLY_TRY(const bool taken, try_lock_byte(fd_.get(), static_cast<std::int64_t>(entry)));
      if (!taken) continue;
      entry_ = entry;
      return true;
    }
  }
  return false;
}

Status Region::take_endpoint() {
  if (entry_count(role_) > 1) {
    TALLY_TRY(const bool taken, take_free_entry());
    if (taken) return {};
    return fail(Code::try_again,
                "it already has " + std::to_string(entry_count(role_)) +
                    (role_ == Role::producer ? " producers"
                     : is_broadcast()        ? " readers"
                                             : " consumers"),
                "a ring of this kind has no more; end one of them first");
  }
  TALLY_TRY(const bool taken, try_lock_byte(fd_.get(), static_cast<std::int64_t>(entry_)));
  if (taken) return {};
  if (mapping_.data() == nullptr) return fail(Code::try_again, "its endpoint is locked");
  // The holder wrote its name under the set-up lock that this thread holds now.
  const Endpoint& holder = own();
  std::array<char, sizeof holder.comm + 1> comm{};
  std::copy(holder.comm.begin(), holder.comm.end(), comm.begin());
  const std::string who = role_ == Role::producer ? "producer" : "consumer";
  return fail(
      Code::try_again,
      "it already has a " + who + ", pid " +
          std::to_string(holder.pid.load(std::memory_order_relaxed)) + " (" + comm.data() + ")",
      role_ == Role::producer ? "a ring takes one producer; end that process first"
                              : "a ring of this kind takes one consumer; end that process first");
}

bool Region::had_reader() const {
  const auto& entries = header().endpoints;
  const auto* const first = entries.begin() + kConsumerEntry;
  return std::any_of(first, first + kMostReaders, [](const Endpoint& entry) {
    // Acquire pairs with introduce(): who came before is seen as well.
    return entry.phase.load(std::memory_order_acquire) != static_cast<std::uint32_t>(Phase::never);
  });
}

std::uint64_t Region::tell_unseen(std::uint64_t oldest_number) const {
  Error ignored;  // then the first reader counts them
  const std::uint64_t deadline_ns = core::monotonic_ns() + kLeaveTimeoutNs;
  if (!wait_for_setup_lock(fd_.get(), deadline_ns, ignored)) return 0;
  const SetupLock setup(fd_.get());
  if (had_reader()) return 0;
  std::atomic<std::uint64_t>& told = own().stats.dropped_old;
  return oldest_number - told.exchange(oldest_number, std::memory_order_relaxed);
}

// Under the set-up lock. A reader that comes after a killed one goes on where that one stood;
// another begins with the oldest record there is, and the very first of a ring has lost what no
// producer has told of. Returns whether it has to go on with the newest once it is attached.
bool Region::begin_reading() const {
  ReaderCursor& cursor = own().cursor;
  const auto phase = own().phase.load(std::memory_order_relaxed);
  const BroadcastPlace oldest = oldest_place(header(), area());
  const bool had_begun = own().intent.load(std::memory_order_relaxed) == 0;
  if (phase == static_cast<std::uint32_t>(Phase::attached) && had_begun &&
      is_believable(header(), area(), load_place(cursor), oldest)) {
    return false;
  }
  BroadcastPlace begin = oldest;
  const std::uint64_t told = other().stats.dropped_old.load(std::memory_order_relaxed);
  const bool is_first = !had_reader();
  if (is_first && told <= oldest.number) begin.number = told;
  const bool begins_at_newest = !is_first && is_gated(header());
  // Release, after it the place's: who is killed from here on has promised nothing to a successor.
  if (begins_at_newest) own().intent.store(1, std::memory_order_release);
  store_place(cursor, begin);
  return begins_at_newest;
}

void Region::introduce(const Options& options) const {
  Endpoint& entry = own();
  const bool reads_broadcast = is_broadcast() && role_ == Role::consumer;
  const bool begins_at_newest = reads_broadcast && begin_reading();
  const auto pid = static_cast<std::uint32_t>(::getpid());
  entry.role.store(static_cast<std::uint32_t>(role_), std::memory_order_relaxed);
  entry.pid.store(pid, std::memory_order_relaxed);
  entry.uid.store(::geteuid(), std::memory_order_relaxed);
  entry.comm.fill('\0');
  if (const auto self = read_process(pid)) {
    entry.start_ticks.store(self->start_ticks, std::memory_order_relaxed);
    const std::size_t length = std::min(self->comm.size(), entry.comm.size() - 1);
    std::copy_n(self->comm.begin(), length, entry.comm.begin());
  }
  entry.full_policy.store(static_cast<std::uint32_t>(full_of(options)), std::memory_order_relaxed);
  const bool may_wait = role_ == Role::consumer || full_of(options) != Full::drop_old;
  const bool may_sleep = may_wait && queue::resolve(options.wait).may_sleep();
  if (entry_count(role_) == 1) {
    entry.may_sleep.store(may_sleep ? 1 : 0, std::memory_order_relaxed);
  } else if (may_sleep) {
    header().endpoints[first_entry(role_)].may_sleep.store(1, std::memory_order_relaxed);
  }
  // What a killed predecessor was about to claim is nobody's now. The lock was taken before, so
  // that who reads the old word finds it held and waits, and who reads this one finds no owner.
  // Release: who reads it finds the stamps of the predecessor.
  if (!begins_at_newest) entry.intent.store(0, std::memory_order_release);
  // The epoch before the phase: peer() reads them in the other order and sees the change. seq_cst:
  // before a broadcast's reader looks where it may begin (ring/reader_gate.hpp).
  entry.epoch.fetch_add(1, std::memory_order_seq_cst);
  entry.phase.store(static_cast<std::uint32_t>(Phase::attached), std::memory_order_seq_cst);
  if (!begins_at_newest) return;
  // A producer that found it at the oldest record meanwhile may sleep until it has moved.
  store_place(entry.cursor, newest_place(header(), area()), std::memory_order_seq_cst);
  // Release: the place is stored before.
  entry.intent.store(0, std::memory_order_release);
  header().writers.wake_if_waiting(queue::FutexScope::host);
}

std::uint64_t Region::stored_head() const {
  // Acquire pairs with Consumer::release() or free_done(): who sees the cursor finds the stamps.
  return header().head.load(std::memory_order_acquire);
}

bool Region::poisoned() const {
  // Acquire pairs with poison(): the reason is there.
  return header().state.load(std::memory_order_acquire) ==
         static_cast<std::uint32_t>(State::poisoned);
}

void Region::poison(PoisonReason reason) const {
  header().poison_reason.store(static_cast<std::uint32_t>(reason), std::memory_order_relaxed);
  header().poison_pid.store(static_cast<std::uint32_t>(::getpid()), std::memory_order_relaxed);
  // Release: who reads `poisoned` finds the reason.
  header().state.store(static_cast<std::uint32_t>(State::poisoned), std::memory_order_release);
  header().readers.wake(queue::FutexScope::host);
  header().writers.wake(queue::FutexScope::host);
}

Region& Region::operator=(Region&& other) noexcept {
  if (this == &other) return *this;
  leave();
  name_ = std::move(other.name_);
  path_ = std::move(other.path_);
  role_ = other.role_;
  entry_ = other.entry_;
  pid_ = other.pid_;
  fd_ = std::move(other.fd_);
  mapping_ = std::move(other.mapping_);
  geometry_ = other.geometry_;
  return *this;
}

bool Region::is_own() const {
  return pid_ == ::getpid();
}

Left Region::leave() {
  Left left;
  if (!fd_) return left;
  if (mapping_.data() != nullptr && is_own()) {
    // Release: pairs with peer(); what was committed or released before is seen by who reads it.
    own().phase.store(static_cast<std::uint32_t>(Phase::closed), std::memory_order_release);
    unlock_byte(fd_.get(), static_cast<std::int64_t>(entry_));
    header().readers.wake(queue::FutexScope::host);
    header().writers.wake(queue::FutexScope::host);
    left = remove_if_last();
  }
  fd_.reset();
  mapping_ = {};
  return left;
}

// Whether records wait for a reader that has not come yet, or was killed, or none of those that
// died has told of what is in doubt. Nobody holds the ring.
bool Region::is_awaited() const {
  if (is_drained()) return !poisoned() && count_untold() != 0;
  bool has_closed = false;
  for (std::size_t index = 0; index < entry_count(Role::consumer); ++index) {
    const Peer state = state_of(entry_of(Role::consumer, index));
    if (state == Peer::dead) return true;
    if (state == Peer::closed) has_closed = true;
  }
  return !has_closed;
}

// Of many consumers. Pre: none of them lives.
std::uint64_t Region::count_untold() const {
  if (!has_many_consumers()) return 0;
  const Doubts& doubts = header().doubts;
  // Relaxed, both: whoever stored these has left or died since.
  const std::uint64_t counted = doubts.counted.load(std::memory_order_relaxed);
  return counted - std::min(counted, doubts.told.load(std::memory_order_relaxed));
}

// Of many consumers, under the set-up lock: what the last one that leaves tells for those that were
// killed, who may have counted it and can tell of nothing.
std::uint64_t Region::tell_for_dead() const {
  if (role_ != Role::consumer || !has_many_consumers()) return 0;
  for (std::size_t index = 0; index < entry_count(Role::consumer); ++index) {
    const std::size_t entry = entry_of(Role::consumer, index);
    if (is_locked(fd_.get(), static_cast<std::int64_t>(entry))) return 0;
  }
  const std::uint64_t untold = count_untold();
  // Relaxed: as in SpmcConsumer::close().
  header().doubts.told.fetch_add(untold, std::memory_order_relaxed);
  return untold;
}

// Of many consumers. Nobody else holds the ring, and it goes.
std::uint64_t Region::count_gone() const {
  if (!has_many_consumers()) return 0;
  // Relaxed: whoever stored it has left or died since.
  const std::uint64_t taken = header().taken.load(std::memory_order_relaxed);
  return count_unread(slots(), taken, stored_tail());
}

Left Region::remove_if_last() const {
  if (path_.empty()) {  // it goes with the last process that has it
    return peer() == Peer::alive ? Left{} : Left{count_gone(), count_untold()};
  }
  Error ignored;  // a ring that cannot be locked stays, and tally-relay ring rm removes it
  const std::uint64_t deadline_ns = core::monotonic_ns() + kLeaveTimeoutNs;
  if (!wait_for_setup_lock(fd_.get(), deadline_ns, ignored)) return {};
  const SetupLock setup(fd_.get());
  Left left;
  left.in_doubt = tell_for_dead();
  if (any_endpoint_locked(fd_.get()) || !is_current(fd_.get(), path_)) return left;
  if (is_awaited()) return left;
  std::uint32_t ready = static_cast<std::uint32_t>(State::ready);
  header().state.compare_exchange_strong(ready, static_cast<std::uint32_t>(State::closing),
                                         std::memory_order_acq_rel);
  ::unlink(path_.c_str());
  left.unread = count_gone();
  return left;
}

}  // namespace tally::ring
