// Who is alive is what the kernel says: each endpoint holds an open-file-description lock on its
// own byte of the ring's file. The lock is there while the process lives, stopped or not, and is
// gone at once when it ends, however it ends. No heartbeat, no timeout, no confusion by reused
// pids; a probe costs half a microsecond. Pids are kept for display only.
//
// The lock belongs to the open file description: a child made by fork() without exec keeps it alive
// (the descriptors are close-on-exec), so processes open their rings after forking. What the child
// does with the ends that it has inherited is nothing: they are the parent's (Region::is_own()).
//
// Source: fcntl(2), "Open file description locks".
#pragma once

#include <cstdint>
#include <string>

#include "core/result.hpp"

namespace tally::ring {

// Byte i is endpoint i's. The set-up byte is held while a ring is made, joined, left or removed.
inline constexpr std::int64_t kSetupLockByte = 64;
// Held by the one who frees what killed consumers had claimed (ring/mending.hpp).
inline constexpr std::int64_t kMendLockByte = 65;

// Takes the byte without waiting. Returns false when another description holds it. Errors:
// os_failure or unavailable, on a file system without such locks.
[[nodiscard]] Result<bool> try_lock_byte(int fd, std::int64_t byte);
void unlock_byte(int fd, std::int64_t byte);

// Whether another description than `fd`'s holds the byte; true when the kernel cannot tell, for a
// lock that is not held says that its owner is dead. `fd` may be read-only.
[[nodiscard]] bool is_locked(int fd, std::int64_t byte);

// Whether any endpoint's byte is held by another description.
[[nodiscard]] bool any_endpoint_locked(int fd);

struct ProcessIdentity {
  std::uint32_t pid = 0;
  std::uint64_t start_ticks = 0;
  std::string comm;  // at most 15 characters
  char state = '?';  // /proc/PID/stat: R S D T t Z ...
};

// Reads /proc/PID/stat. Errors: no_input when there is no such process.
[[nodiscard]] Result<ProcessIdentity> read_process(std::uint32_t pid);

}  // namespace tally::ring
