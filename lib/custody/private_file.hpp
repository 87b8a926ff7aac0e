// Files that only their owner may touch. The mode is read from the opened descriptor, so that it is
// the mode of what is then read.
#pragma once

#include <string>

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::custody {

// Opens for reading a file that belongs to this user (or to root) and gives its group and others
// nothing. Pipes and character devices, such as a shell's <(command), are taken as they are.
// Errors: permission, with the chmod that mends it; no_input.
[[nodiscard]] Result<UniqueFd> open_private_file(const std::string& path);

// The whole content. Errors: also io, and bad_data above `limit_bytes`.
[[nodiscard]] Result<std::string> read_private_file(const std::string& path,
                                                    std::size_t limit_bytes);

}  // namespace tally::custody
