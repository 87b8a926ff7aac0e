// How a ring without a name goes from the process that makes it to the one that uses it with it: a
// descriptor in a message on a Unix socket (SCM_RIGHTS). The first process that opens the path
// listens there and gives, the next one takes; the path is gone as soon as the ring was taken. Both
// sides check that the other runs as the same user. A wait ends by its deadline, and when a stop is
// asked for (core::StopSignal). Cold; one thread; allocates.
//
// Source: unix(7).
#pragma once

#include <cstdint>
#include <string>

#include "core/fd.hpp"
#include "core/result.hpp"

namespace tally::ring {

// A path that is not empty, and short enough for a socket with a suffix. Errors: usage.
[[nodiscard]] Status check_handover_path(const std::string& path);

class HandoverSocket {
 public:
  // Listens at `path`, or is connected to who listens there. A socket that a killed process left is
  // replaced. `deadline_ns` is of CLOCK_MONOTONIC. Errors: cannot_create, permission (somebody
  // else's socket), usage (`path` is a file of another type), try_again (neither by the deadline).
  [[nodiscard]] static Result<HandoverSocket> open(const std::string& path,
                                                   std::uint64_t deadline_ns);

  HandoverSocket(HandoverSocket&& other) noexcept;
  HandoverSocket& operator=(HandoverSocket&&) = delete;
  HandoverSocket(const HandoverSocket&) = delete;
  HandoverSocket& operator=(const HandoverSocket&) = delete;
  ~HandoverSocket();  // removes the path where it listened

  [[nodiscard]] bool gives() const { return !path_.empty(); }

  // Waits until `deadline_ns` (CLOCK_MONOTONIC) for somebody who takes `ring` and says that it can
  // be used. Who connects and does not is passed over. Errors: try_again when nobody came.
  [[nodiscard]] Status give(int ring, std::uint64_t deadline_ns) const;

  // The descriptor that the other side gives. Errors: try_again, permission, bad_data.
  [[nodiscard]] Result<core::UniqueFd> take(std::uint64_t deadline_ns) const;
  // After take(): it can be used.
  [[nodiscard]] Status accept() const;

 private:
  HandoverSocket() = default;
  std::string path_;  // where it listens
  core::UniqueFd fd_;
};

}  // namespace tally::ring
