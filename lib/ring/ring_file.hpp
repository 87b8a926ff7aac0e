// The file behind a named ring: opened, made, and checked to be this user's alone. Cold; any
// thread.
#pragma once

#include <cstdint>
#include <string>

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::ring {

// Opens the file of a ring for reading and, where `writable`, writing, and checks that it is a
// regular file of this user that nobody else may touch. Errors: no_input when there is none;
// permission otherwise.
[[nodiscard]] Result<UniqueFd> open_ring_file(const std::string& path, bool writable);

// Opens the file that is there, or a new one of mode 0600. An invalid descriptor without an error:
// somebody else created or removed it in between, try again.
[[nodiscard]] Result<UniqueFd> open_or_create_ring_file(const std::string& path);

// Whether `path` still names the file behind `fd`: the last closer may have unlinked it meanwhile.
[[nodiscard]] bool is_current(int fd, const std::string& path);

// Reserves every block now: a full /dev/shm is an error here and not a SIGBUS later. Errors:
// cannot_create, permission.
[[nodiscard]] Status reserve(int fd, const std::string& path, std::uint64_t size_bytes);

}  // namespace tally::ring
