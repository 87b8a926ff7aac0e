// The version of every tool, as `--version` prints it.
#pragma once

namespace tally::core {

inline constexpr char kVersion[] = "0.1.0";

}  // namespace tally::core
