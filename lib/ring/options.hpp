// What a user may say about a ring: shm:NAME,slots=4096,bytes=1024,full=block,wait=auto,huge=auto.
// Parsing allocates; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "mem/pages.hpp"
#include "queue/wait.hpp"
#include "ring/record.hpp"

namespace tally::ring {

inline constexpr std::uint64_t kDefaultSlots = 4096;
inline constexpr std::uint32_t kDefaultPayloadBytes = 2048;
inline constexpr std::uint64_t kDefaultOpenTimeoutNs = 5'000'000'000;
inline constexpr std::size_t kMaxNameChars = 64;

inline constexpr std::uint32_t kDefaultAreaBytes = 1048576;

// What a producer does with a record when the ring is full. Every loss is counted. drop_old
// overwrites the oldest, which a broadcast does unless it is told to wait, and no other kind can. A
// broadcast is full when the slowest reader that lives has not released the oldest record.
enum class Full : std::uint32_t { block = 0, drop_new = 1, drop_old = 2 };
[[nodiscard]] std::string_view full_name(Full full);
// The value of the key kind: "spsc", "mpsc", "spmc", "mpmc", "bytes", "broadcast", "lean".
[[nodiscard]] std::string_view kind_name(SlotForm form);

// A ring has a name that every process of its user can open; or none, and the process that makes it
// hands it to one other over a socket (ring/handover.hpp).
enum class Place : std::uint8_t { named, handed };

struct Options {
  Place place = Place::named;
  // Asked for by this opener, or nothing: the creator then takes the default, and a later opener
  // takes the ring as it is. A value that differs from the ring's is refused by name.
  std::optional<SlotForm> form;        // the key kind; spsc is the default
  std::optional<std::uint64_t> slots;  // power of two, 2 to 2^24; not of bytes and broadcast
  // Largest payload, 1 to 65536, of lean 1 to 56; of bytes and broadcast the size of the area, a
  // power of two, 4096 to 2^30.
  std::optional<std::uint32_t> bytes;
  // The rest concerns this endpoint alone. Nothing: drop_old of a broadcast, else block.
  std::optional<Full> full;
  queue::WaitPolicy wait = queue::WaitPolicy::automatic;
  mem::HugeWish huge = mem::HugeWish::automatic;
  bool huge_strict = false;
  bool lock = false;  // mlock
  // How long open() waits for a ring that another process is just setting up and, with
  // `wait_for_peer`, for the other side to attach.
  std::uint64_t open_timeout_ns = kDefaultOpenTimeoutNs;
  bool wait_for_peer = false;
};

// What the options mean by `full`.
[[nodiscard]] inline Full full_of(const Options& options) {
  const bool broadcast = options.form == SlotForm::broadcast;
  return options.full.value_or(broadcast ? Full::drop_old : Full::block);
}

struct ParsedName {
  std::string name;
  Options options;
};

// Parses "shm:NAME,key=value,...", the same without "shm:", or "memfd:PATH,key=value,..." for a
// ring that is handed over; the path is then the name, taken as it is written. Keys: kind, slots,
// bytes, full, wait, huge, huge-strict, lock, open-timeout, wait-peer. full=drop-old without a kind
// is kind=broadcast. Errors: usage, naming the key and what it takes; also of a key that stands
// twice.
[[nodiscard]] Result<ParsedName> parse_endpoint(std::string_view text);
// The same for the side that reads, to whom a word for the producer means nothing: full is refused,
// unless it is full=drop-old without a kind.
[[nodiscard]] Result<ParsedName> parse_reader_endpoint(std::string_view text);

// 1 to 64 characters of A-Z a-z 0-9 . _ - that do not begin with a dot. Errors: usage.
[[nodiscard]] Status check_name(std::string_view name);

// That the options ask for no other kind than spsc or spmc, which Producer speaks. Errors: usage.
[[nodiscard]] Status check_one_producer(const Options& options);
// The same of Consumer, which speaks spsc and mpsc.
[[nodiscard]] Status check_one_consumer(const Options& options);

// Ranges and combinations, for options that were not parsed. Errors: usage.
[[nodiscard]] Status check_options(const Options& options);

// /dev/shm/tally.UID.NAME of the calling user.
[[nodiscard]] std::string ring_path(std::string_view name);
inline constexpr std::string_view kRingFolder = "/dev/shm";
// "tally.UID."
[[nodiscard]] std::string ring_file_prefix();

}  // namespace tally::ring
