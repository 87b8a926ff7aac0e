// Opening files that cannot lie outside a folder, whatever symbolic links someone put into it.
// Kernel way: openat2(2) (Linux 5.6). Without it, the path is walked component by component with
// O_NOFOLLOW, with the same answers.
#pragma once

#include <string_view>
#include <sys/types.h>

#include "core/fd.hpp"

namespace tally::tune {

enum class Links {
  refuse_leaving,  // an absolute link, or ".." above the root, is refused with EXDEV
  as_chroot,       // an absolute link starts at the root again, ".." above it stays there
};
enum class Resolver { automatic, walk };

// Opens `path`, taken relative to `root_fd` with or without a leading slash. `flags` as for
// open(2); O_CLOEXEC is added. Returns an empty descriptor with errno set when it fails: EXDEV for
// a link that leaves the tree, ELOOP for a link under O_NOFOLLOW or more than 40 links. Any thread.
[[nodiscard]] UniqueFd open_beneath(int root_fd, std::string_view path, int flags, mode_t mode,
                                    Links links, Resolver resolver = Resolver::automatic);

}  // namespace tally::tune
