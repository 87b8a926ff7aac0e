// A file of memory without a name (memfd), to be mapped by several processes (Mapping::of_file) and
// handed from one to another. Made on the first rung of the page ladder that has room for it. Cold;
// any thread.
//
// Source: memfd_create(2), fcntl(2) "File Sealing".
#pragma once

#include <cstddef>

#include "core/fd.hpp"
#include "core/result.hpp"
#include "mem/pages.hpp"

namespace tally::mem {

struct MemoryFile {
  UniqueFd fd;
  std::size_t size_bytes = 0;  // a multiple of its page size
};

// Zeroed, every page reserved, readable and writable by this user alone, open to seals. `name` is
// for display. Errors: cannot_create when there is no memory for it; unavailable when the request
// is strict and such pages are not to be had.
[[nodiscard]] Result<MemoryFile> make_memory_file(const char* name, std::size_t size_bytes,
                                                  const PageRequest& request);

// Nobody can change the file's size any more, nor take that back. Errors: os_failure.
[[nodiscard]] Status seal_size(int fd);
// Whether it is a memory file of this user that is sealed so, and can be written. Errors:
// permission for a foreign one; bad_data.
[[nodiscard]] Status check_sealed_size(int fd);

// Another descriptor for the same file, which shares no lock and no position with `fd`. Errors:
// os_failure, as where /proc is not mounted.
[[nodiscard]] Result<UniqueFd> reopen(int fd);

}  // namespace tally::mem
