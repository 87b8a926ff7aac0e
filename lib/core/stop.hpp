// Ending cleanly. A tool that runs until told otherwise installs one StopSignal; the first SIGINT,
// SIGTERM or SIGHUP asks it to stop, drain and print what it has; the second ends the process at
// once with 128 + the signal's number.
#pragma once

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::core {

class StopSignal {
 public:
  // Installs the handlers, one object a process, and ignores SIGPIPE. Errors: os_failure.
  [[nodiscard]] static Result<StopSignal> install();

  // Whether a stop was asked for. Any thread; one relaxed load.
  [[nodiscard]] static bool requested();
  // The number of the signal that asked first, or 0.
  [[nodiscard]] static int number();
  // An eventfd that is readable from the first request on, for poll() and io_uring.
  [[nodiscard]] int fd() const { return event_.get(); }
  // Asks for a stop from inside the process: a peer died, the count is reached.
  static void request();

  StopSignal(StopSignal&&) noexcept = default;
  StopSignal& operator=(StopSignal&&) = delete;
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  // The handlers stay; a later signal is still seen by requested().
  ~StopSignal();

 private:
  explicit StopSignal(UniqueFd event) : event_(std::move(event)) {}
  UniqueFd event_;
};

}  // namespace tally::core
