// Running a command once and timing it, from before the exec to the end of waitpid. By posix_spawn,
// which shares the memory of this process until the exec, so that the time does not grow with the
// size of the caller. The command gets a process group of its own, standard input from /dev/null
// and default signals. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace tally::bench {

struct TimedOptions {
  std::uint64_t timeout_ns = 30'000'000'000;
  bool capture = false;      // keep standard output; otherwise it goes to /dev/null
  bool show_errors = false;  // standard error is the caller's; otherwise /dev/null
  bool fifo = false;         // under SCHED_FIFO, priority 1; else under the caller's policy
  int stop_fd = -1;          // readable when the caller is to stop
};

struct TimedRun {
  std::uint64_t wall_ns = 0;
  std::string output;
};

// The most that is kept of a command's output.
inline constexpr std::size_t kMostOutputBytes = std::size_t{64} << 20U;

// The words as one would type them, cut after 60 characters.
[[nodiscard]] std::string shown_command(const std::vector<std::string>& words);

// Runs `words`, found by PATH, to its end. Empty when the stop came first; the command is killed
// then, with its group, as it is at the timeout. Errors, each naming the command: no_input and
// permission when it cannot be started, unavailable when it ends with another status than 0, is
// killed or takes too long, bad_data when it prints too much.
[[nodiscard]] Result<std::optional<TimedRun>> run_timed(const std::vector<std::string>& words,
                                                        const TimedOptions& options);

}  // namespace tally::bench
