#include "ring/inspector.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "ring/broadcast.hpp"
#include "ring/intent.hpp"
#include "ring/liveness.hpp"
#include "ring/region.hpp"
#include "ring/ring_file.hpp"

namespace tally::ring {
namespace {

// The header's bytes as pread() delivered them. The atomics in it are read as plain numbers: nobody
// shares this copy.
class Snapshot {
 public:
  static Result<Snapshot> take(int fd) {
    Snapshot snapshot;
    struct stat info {};
    if (::fstat(fd, &info) != 0) return fail_errno("cannot examine it", errno);
    snapshot.file_bytes_ = static_cast<std::uint64_t>(info.st_size);
    snapshot.bytes_.resize(sizeof(Header));
    const ssize_t got = ::pread(fd, snapshot.bytes_.data(), snapshot.bytes_.size(), 0);
    // The entries that only a ring of many of both has may not be there.
    constexpr std::size_t kLeast = offsetof(Header, endpoints) + kEndpointCount * sizeof(Endpoint);
    if (got < static_cast<ssize_t>(kLeast)) {
      return fail(Code::bad_data,
                  "the file has " + std::to_string(snapshot.file_bytes_) +
                      " bytes, too few for a header: it was truncated",
                  "remove it with tally-relay ring rm, and start again");
    }
    return snapshot;
  }

  template <typename T>
  [[nodiscard]] T at(std::size_t offset) const {
    T value;
    std::memcpy(&value, bytes_.data() + offset, sizeof value);
    return value;
  }
  [[nodiscard]] std::uint64_t file_bytes() const { return file_bytes_; }

 private:
  Bytes bytes_;
  std::uint64_t file_bytes_ = 0;
};

std::size_t entry_offset(std::size_t entry) {
  return offsetof(Header, endpoints) + entry * sizeof(Endpoint);
}

// Stopped is what /proc says of the process that the entry names, if it still is that process.
bool is_stopped(std::uint32_t pid, std::uint64_t start_ticks) {
  const auto process = read_process(pid);
  return process && process->start_ticks == start_ticks &&
         (process->state == 'T' || process->state == 't');
}

EndpointState state_of(int fd, const Snapshot& snapshot, std::size_t entry) {
  const std::size_t base = entry_offset(entry);
  const auto phase =
      static_cast<Phase>(snapshot.at<std::uint32_t>(base + offsetof(Endpoint, phase)));
  if (is_locked(fd, static_cast<std::int64_t>(entry))) {
    const auto pid = snapshot.at<std::uint32_t>(base + offsetof(Endpoint, pid));
    const auto start = snapshot.at<std::uint64_t>(base + offsetof(Endpoint, start_ticks));
    return is_stopped(pid, start) ? EndpointState::stopped : EndpointState::alive;
  }
  if (phase == Phase::attached) return EndpointState::dead;
  return phase == Phase::closed ? EndpointState::closed : EndpointState::absent;
}

EndpointStatus endpoint_status(int fd, const Snapshot& snapshot, std::size_t entry, Role role,
                               SlotForm form) {
  const std::size_t base = entry_offset(entry);
  const auto count = [&](std::size_t offset) { return snapshot.at<std::uint64_t>(base + offset); };
  const auto stat = [&](std::size_t offset) { return count(offsetof(Endpoint, stats) + offset); };
  EndpointStatus status;
  status.role = role;
  status.state = state_of(fd, snapshot, entry);
  status.pid = snapshot.at<std::uint32_t>(base + offsetof(Endpoint, pid));
  status.attaches = count(offsetof(Endpoint, epoch));
  const auto comm = snapshot.at<std::array<char, 16>>(base + offsetof(Endpoint, comm));
  status.comm.assign(comm.begin(), std::find(comm.begin(), comm.end(), '\0'));
  status.full =
      static_cast<Full>(snapshot.at<std::uint32_t>(base + offsetof(Endpoint, full_policy)));
  status.may_sleep = snapshot.at<std::uint32_t>(base + offsetof(Endpoint, may_sleep)) != 0;
  const std::size_t cursor =
      role == Role::producer ? offsetof(Header, tail) : offsetof(Header, head);
  // A cursor of a ring of slots counts, but for those that many share.
  const bool shared = role == Role::producer ? has_many_producers(form) : has_many_consumers(form);
  const bool counts = is_byte_area(form) || shared;
  status.tombstones = stat(offsetof(EndpointStats, tombstones));
  const auto passed = snapshot.at<std::uint64_t>(cursor);
  // The two were not read at one moment.
  status.records = counts ? stat(offsetof(EndpointStats, records))
                          : passed - std::min(passed, status.tombstones);
  if (counts) status.last_record_ns = stat(offsetof(EndpointStats, last_record_ns));
  status.bytes = stat(offsetof(EndpointStats, bytes));
  const std::uint64_t merged = stat(offsetof(EndpointStats, merged));
  status.batches = status.records - std::min(status.records, merged);
  status.stalls = stat(offsetof(EndpointStats, stalls));
  status.dropped_new = stat(offsetof(EndpointStats, dropped_new));
  status.dropped_old = stat(offsetof(EndpointStats, dropped_old));
  status.lost = stat(offsetof(EndpointStats, lost));
  status.wakes = stat(offsetof(EndpointStats, wakes));
  status.sleeps = stat(offsetof(EndpointStats, sleeps));
  status.max_depth = stat(offsetof(EndpointStats, max_depth));
  status.passed_readers = stat(offsetof(EndpointStats, passed_readers));
  return status;
}

// What a reader of a broadcast lost and has before it, of a ring of which `published` records are.
// The counters were not read at one moment: at most what one release() moves is wrong.
void read_cursor(const Snapshot& snapshot, std::size_t entry, std::uint64_t published,
                 EndpointStatus& status) {
  const std::size_t cursor = entry_offset(entry) + offsetof(Endpoint, cursor);
  const auto turn = snapshot.at<std::uint64_t>(cursor + offsetof(ReaderCursor, turn));
  const std::size_t place = cursor + turn % 2 * sizeof(ReaderPlace);
  status.lost = snapshot.at<std::uint64_t>(place + offsetof(ReaderPlace, lost));
  const auto number = snapshot.at<std::uint64_t>(place + offsetof(ReaderPlace, number));
  status.behind = is_before(number, published) ? published - number : 0;
}

// The number of the oldest record of a broadcast; `published` when none can be read.
std::uint64_t oldest_number(int fd, const Geometry& geometry, std::uint64_t head,
                            std::uint64_t published) {
  struct {
    std::uint64_t stamp;
    std::uint32_t length;
    std::uint32_t rest;
    std::uint64_t number;
  } record{};
  // A pad leads at most one record.
  for (const std::uint64_t at : {head, (head | geometry.mask()) + 1}) {
    const auto offset = static_cast<off_t>(kSlotsOffset + (at & geometry.mask()));
    // A pad may be the last there is of the file.
    if (::pread(fd, &record, sizeof record, offset) < static_cast<ssize_t>(kByteGranule) ||
        record.stamp != at + 1) {
      return published;
    }
    if (record.length != kPad) return record.number;
  }
  return published;
}

void add_readers(int fd, const Snapshot& snapshot, const Geometry& geometry, RingStatus& status) {
  const std::uint64_t published = status.producer.records;
  if (status.consumer.attaches > 0) {
    read_cursor(snapshot, kConsumerEntry, published, status.consumer);
  }
  for (std::size_t entry = kConsumerEntry + 1; entry < kEndpointCount; ++entry) {
    EndpointStatus reader = endpoint_status(fd, snapshot, entry, Role::consumer, geometry.form);
    if (reader.attaches == 0) continue;
    read_cursor(snapshot, entry, published, reader);
    status.more_readers.push_back(std::move(reader));
  }
  const std::uint64_t oldest = oldest_number(fd, geometry, status.head, published);
  status.depth = is_before(oldest, published) ? published - oldest : 0;
}

// The others of many on each side.
void add_many(int fd, const Snapshot& snapshot, RingStatus& status) {
  const SlotForm form = status.form;
  for (std::size_t index = 1; index < producer_count(form); ++index) {
    EndpointStatus producer =
        endpoint_status(fd, snapshot, producer_entry(index), Role::producer, form);
    if (producer.attaches > 0) status.more_producers.push_back(std::move(producer));
  }
  for (std::size_t index = 1; index < consumer_count(form); ++index) {
    EndpointStatus consumer =
        endpoint_status(fd, snapshot, consumer_entry(form, index), Role::consumer, form);
    if (consumer.attaches > 0) status.more_readers.push_back(std::move(consumer));
  }
}

// A field of the slot of a position; 0 when it cannot be read.
std::uint64_t read_slot(int fd, const Geometry& geometry, std::uint64_t position,
                        std::size_t field) {
  std::uint64_t value = 0;
  const std::uint64_t at = geometry.slot_offset(position) + field;
  const ssize_t got = ::pread(fd, &value, sizeof value, static_cast<off_t>(at));
  return got == static_cast<ssize_t>(sizeof value) ? value : 0;
}

// The time of the record before the cursor, from its slot; 0 when there is none.
std::uint64_t record_time(int fd, const Geometry& geometry, std::uint64_t cursor) {
  constexpr std::size_t kTimeAt = offsetof(SlotHeader, meta) + offsetof(RecordMeta, time_ns);
  return cursor == 0 ? 0 : read_slot(fd, geometry, cursor - 1, kTimeAt);
}

// Of many producers: the cursor behind the last record before `cursor`, for there may be gaps; 0
// when there is none near.
std::uint64_t behind_last_record(int fd, const Geometry& geometry, std::uint64_t cursor) {
  constexpr std::uint64_t kNear = 64;
  for (std::uint64_t back = 0; back < std::min({kNear, cursor, geometry.capacity}); ++back) {
    if (read_slot(fd, geometry, cursor - back - 1, offsetof(SlotHeader, stamp)) == cursor - back) {
      return cursor - back;
    }
  }
  return 0;
}

bool is_committed(int fd, const Geometry& geometry, std::uint64_t position) {
  return read_slot(fd, geometry, position, offsetof(SlotHeader, stamp)) == position + 1;
}

// Of many producers or consumers: how many of `claimed` positions from `head` on are committed.
std::uint64_t count_committed(int fd, const Geometry& geometry, std::uint64_t head,
                              std::uint64_t claimed) {
  std::uint64_t count = 0;
  for (std::uint64_t at = head; at != head + claimed; ++at) {
    if (is_committed(fd, geometry, at)) ++count;
  }
  return count;
}

// Of many consumers: what was counted as in doubt, and what is claimed and not released, by who
// lives and by who does not. The one that is just being freed is counted already.
void read_claims(int fd, const Snapshot& snapshot, const Geometry& geometry, RingStatus& status) {
  const auto doubt = [&](std::size_t field) {
    return snapshot.at<std::uint64_t>(offsetof(Header, doubts) + field);
  };
  status.in_doubt = doubt(offsetof(Doubts, counted));
  const bool freeing = status.in_doubt != doubt(offsetof(Doubts, settled));
  std::vector<std::uint64_t> intents;  // of the living
  for (std::size_t index = 0; index < kMostConsumers; ++index) {
    const std::size_t entry = consumer_entry(geometry.form, index);
    if (is_locked(fd, static_cast<std::int64_t>(entry))) {
      intents.push_back(
          snapshot.at<std::uint64_t>(entry_offset(entry) + offsetof(Endpoint, intent)));
    }
  }
  const std::uint64_t claimed = std::min(status.taken - status.head, geometry.capacity);
  for (std::uint64_t at = status.head; at != status.head + claimed; ++at) {
    if (!is_committed(fd, geometry, at)) continue;
    if (freeing && at == doubt(offsetof(Doubts, position))) continue;
    const bool living = std::any_of(intents.begin(), intents.end(),
                                    [&](std::uint64_t word) { return is_intended(word, at); });
    ++(living ? status.in_hand : status.in_doubt);
  }
  const auto told = doubt(offsetof(Doubts, told));
  status.untold = status.in_doubt - std::min(status.in_doubt, told);
  std::uint64_t counted = status.in_hand + status.in_doubt;
  for (const auto* side : status.sides()) {
    if (side->role == Role::consumer) counted += side->records + side->tombstones;
  }
  // The counts were not read at one moment.
  status.uncounted = is_before(status.taken, counted) ? 0 : status.taken - counted;
}

// What the slots say, of a ring of them.
void read_slots(int fd, const Snapshot& snapshot, const Geometry& geometry, RingStatus& status) {
  const bool many_producers = has_many_producers(geometry.form);
  const bool many_consumers = has_many_consumers(geometry.form);
  add_many(fd, snapshot, status);
  if (many_producers || many_consumers) {
    status.depth = count_committed(fd, geometry, status.taken, status.depth);
  }
  if (geometry.form == SlotForm::lean) return;  // its records have no time
  if (!many_producers) status.producer.last_record_ns = record_time(fd, geometry, status.tail);
  if (many_consumers) {
    read_claims(fd, snapshot, geometry, status);
  } else {
    const std::uint64_t last =
        many_producers ? behind_last_record(fd, geometry, status.head) : status.head;
    status.consumer.last_record_ns = record_time(fd, geometry, last);
  }
}

Result<RingStatus> status_of(int fd, const std::string& name) {
  TALLY_TRY(const Snapshot snapshot, Snapshot::take(fd));
  const auto fixed = snapshot.at<StaticHeader>(0);
  TALLY_TRY(const Geometry geometry, check_header(fixed, snapshot.file_bytes()));
  RingStatus status;
  status.name = name;
  status.path = ring_path(name);
  status.state = static_cast<State>(snapshot.at<std::uint32_t>(offsetof(Header, state)));
  status.poison_reason =
      static_cast<PoisonReason>(snapshot.at<std::uint32_t>(offsetof(Header, poison_reason)));
  status.form = geometry.form;
  status.slots = geometry.capacity;
  status.slot_bytes = geometry.slot_bytes;
  status.payload_bytes = geometry.payload_bytes;
  status.total_bytes = geometry.total_bytes;
  status.page_kind = geometry.page_kind;
  status.created_ns = fixed.created_ns;
  status.from_this_boot = fixed.boot_hash == boot_hash();
  status.tail = snapshot.at<std::uint64_t>(offsetof(Header, tail));
  status.head = snapshot.at<std::uint64_t>(offsetof(Header, head));
  const bool many_consumers = has_many_consumers(geometry.form);
  status.taken = many_consumers ? snapshot.at<std::uint64_t>(offsetof(Header, taken)) : status.head;
  // The two were not read at one moment: a head that is ahead means an empty ring.
  const std::uint64_t depth = status.tail - status.taken;
  status.depth = depth <= geometry.capacity ? depth : 0;
  status.producer = endpoint_status(fd, snapshot, kProducerEntry, Role::producer, geometry.form);
  status.consumer = endpoint_status(fd, snapshot, kConsumerEntry, Role::consumer, geometry.form);
  if (geometry.form == SlotForm::broadcast) {
    add_readers(fd, snapshot, geometry, status);
  } else if (geometry.form == SlotForm::bytes) {
    const std::uint64_t records = status.producer.records - status.consumer.records;
    status.depth = status.depth == 0 ? 0 : std::min(records, depth / kByteGranule);
  } else {
    read_slots(fd, snapshot, geometry, status);
  }
  for (const auto* side : status.sides()) {
    status.lost += side->lost;
    if (side->role == Role::producer) status.lost += side->dropped_new + side->dropped_old;
  }
  status.taken_ns = core::monotonic_ns();
  return status;
}

Error held_error(const RingStatus& status) {
  std::string who;
  for (const auto* endpoint : status.sides()) {
    const bool holds =
        endpoint->state == EndpointState::alive || endpoint->state == EndpointState::stopped;
    if (!holds) continue;
    who += (who.empty() ? "" : " and ");
    who += endpoint->role == Role::producer ? "producer" : "consumer";
    who += " pid " + std::to_string(endpoint->pid) + " (" + endpoint->comm + ", " +
           std::string(endpoint_state_name(endpoint->state)) + ")";
  }
  return {Code::try_again, "it is held by " + (who.empty() ? "a process" : who),
          "end that process, or remove the ring with --force", 0};
}

// Both ends look at the state word while they wait, and stop.
Status poison_removed(int fd) {
  const auto reason = static_cast<std::uint32_t>(PoisonReason::removed);
  const auto state = static_cast<std::uint32_t>(State::poisoned);
  const bool written =
      ::pwrite(fd, &reason, sizeof reason, offsetof(Header, poison_reason)) == sizeof reason &&
      ::pwrite(fd, &state, sizeof state, offsetof(Header, state)) == sizeof state;
  if (!written) return fail_errno("cannot mark it as removed", errno);
  return {};
}

}  // namespace

std::string_view endpoint_state_name(EndpointState state) {
  switch (state) {
    case EndpointState::absent:
      return "absent";
    case EndpointState::alive:
      return "alive";
    case EndpointState::stopped:
      return "stopped";
    case EndpointState::closed:
      return "closed";
    case EndpointState::dead:
      return "dead";
  }
  return "unknown";
}

std::string_view ring_state_name(State state) {
  switch (state) {
    case State::init:
      return "init";
    case State::ready:
      return "ready";
    case State::closing:
      return "closing";
    case State::poisoned:
      return "poisoned";
  }
  return "unknown";
}

std::vector<const EndpointStatus*> RingStatus::sides() const {
  std::vector<const EndpointStatus*> all{&producer, &consumer};
  for (const EndpointStatus& reader : more_readers) all.push_back(&reader);
  for (const EndpointStatus& other : more_producers) all.push_back(&other);
  return all;
}

bool RingStatus::is_gated() const {
  return form == SlotForm::broadcast && producer.attaches > 0 && producer.full != Full::drop_old;
}

const EndpointStatus* RingStatus::slowest_reader() const {
  const EndpointStatus* slowest = nullptr;
  for (const EndpointStatus* side : sides()) {
    const bool lives = side->state == EndpointState::alive || side->state == EndpointState::stopped;
    if (form != SlotForm::broadcast || side->role != Role::consumer || !lives) continue;
    if (slowest == nullptr || side->behind > slowest->behind) slowest = side;
  }
  return slowest;
}

std::uint64_t RingStatus::published() const {
  std::uint64_t records = producer.records;
  for (const EndpointStatus& other : more_producers) records += other.records;
  return records;
}

std::uint64_t RingStatus::published_bytes() const {
  std::uint64_t bytes = producer.bytes;
  for (const EndpointStatus& other : more_producers) bytes += other.bytes;
  return bytes;
}

std::uint64_t RingStatus::released() const {
  std::uint64_t records = consumer.records;
  for (const EndpointStatus& other : more_readers) records += other.records;
  return records;
}

bool RingStatus::in_use() const {
  const auto all = sides();
  return std::any_of(all.begin(), all.end(), [](const EndpointStatus* side) {
    return side->state == EndpointState::alive || side->state == EndpointState::stopped;
  });
}

RingRates rates(const RingStatus& before, const RingStatus& after) {
  if (after.taken_ns <= before.taken_ns) return {};
  const double seconds = static_cast<double>(after.taken_ns - before.taken_ns) / 1e9;
  // A ring that was made anew in between counts from zero.
  const auto per_second = [&](std::uint64_t from, std::uint64_t to) {
    return to < from ? 0.0 : static_cast<double>(to - from) / seconds;
  };
  // Each reader of a broadcast gets every record.
  const auto released_of = [](const RingStatus& status) {
    return status.form == SlotForm::broadcast ? status.consumer.records : status.released();
  };
  return {per_second(before.published(), after.published()),
          per_second(released_of(before), released_of(after)),
          per_second(before.published_bytes(), after.published_bytes()),
          per_second(before.lost, after.lost)};
}

Result<std::vector<std::string>> list_rings() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(std::string(kRingFolder).c_str()),
                                                   ::closedir);
  if (folder == nullptr) return fail_errno("cannot open " + std::string(kRingFolder), errno);
  const std::string prefix = ring_file_prefix();
  std::vector<std::string> names;
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view file = entry->d_name;
    if (!file.starts_with(prefix)) continue;
    const auto name = file.substr(prefix.size());
    if (check_name(name)) names.emplace_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

Result<RingStatus> stat_ring(const std::string& name) {
  TALLY_CHECK(check_name(name));
  const std::string path = ring_path(name);
  auto fd = open_ring_file(path, false);
  if (!fd && fd.error().os_errno == ENOENT) {
    return fail(Code::no_input, "there is no ring " + name, "see tally-relay ring ls");
  }
  if (!fd) return fail(fd.error().in("ring " + name));
  auto status = status_of(fd->get(), name);
  if (!status) return fail(status.error().in("ring " + name));
  return status;
}

Result<Removal> remove_ring(const std::string& name, bool force) {
  TALLY_CHECK(check_name(name));
  const std::string path = ring_path(name);
  auto fd = open_ring_file(path, true);
  if (!fd && fd.error().os_errno == ENOENT) {
    return fail(Code::no_input, "there is no ring " + name, "see tally-relay ring ls");
  }
  if (!fd) return fail(fd.error().in("ring " + name));
  // Whoever opens the ring holds the set-up byte meanwhile; a look is not worth waiting for.
  TALLY_TRY(const bool locked, try_lock_byte(fd->get(), kSetupLockByte));
  if (!locked && !force) {
    return fail(Code::try_again, "ring " + name + " is being set up or left at this moment",
                "try again");
  }
  const auto status = status_of(fd->get(), name);
  const bool held = any_endpoint_locked(fd->get());
  if (held && !force) {
    return fail(held_error(status.value_or(RingStatus{})).in("ring " + name));
  }
  if (held) TALLY_CHECK(poison_removed(fd->get()));
  if (::unlink(path.c_str()) != 0) return fail_errno("cannot remove " + path, errno);
  if (!status) return Removal{};
  return Removal{status->depth, status->in_hand, status->untold};
}

}  // namespace tally::ring
