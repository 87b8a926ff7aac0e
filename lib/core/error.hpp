// The one error value of the project: what went wrong, what to do about it, and the exit status a
// command ends with. Built on cold paths only; hot paths answer with a bool, a count or an enum.
// Any thread may make and pass one; making one allocates the strings.
#pragma once

#include <string>

namespace tally::core {

// Exit statuses of every tool: <sysexits.h>, and 1 for "the answer is no". A command killed by a
// signal ends with 128 + its number.
enum class Code : int {
  ok = 0,
  negative = 1,        // drift found, signature does not verify, packets lost
  usage = 64,          // the command line is wrong
  bad_data = 65,       // a frame, share or JSON value is malformed
  no_input = 66,       // an input is missing
  unavailable = 69,    // the kernel or a device lacks the feature
  internal = 70,       // a defect of ours
  os_failure = 71,     // a system call failed that should not have
  cannot_create = 73,  // an output could not be created
  io = 74,             // reading or writing failed
  try_again = 75,      // a peer timed out, a ring is busy
  protocol = 76,       // a peer broke the protocol, and is named
  permission = 77,     // a capability or a file permission is missing
  configuration = 78,  // a configuration file is wrong
};

// An error is one line for the user, without a full stop, and at most one line of advice.
struct Error {
  Code code = Code::internal;
  std::string message;
  std::string hint;  // empty when there is nothing useful to say
  int os_errno = 0;  // 0 when no system call was involved

  // Returns the same error with "CONTEXT: " before its message: the file, the endpoint, the party.
  [[nodiscard]] Error in(const std::string& context) const;
};

// An error about a failed system call: "MESSAGE: strerror(ERRNO)".
[[nodiscard]] Error os_error(Code code, const std::string& message, int os_errno,
                             std::string hint = {});

// The code that fits errno when nothing better is known: ENOENT is no_input, EACCES and EPERM are
// permission, ENOSPC, EPIPE and EIO are io, ENOSYS and EOPNOTSUPP unavailable, all others
// os_failure.
[[nodiscard]] Code code_for_errno(int os_errno);

}  // namespace tally::core
