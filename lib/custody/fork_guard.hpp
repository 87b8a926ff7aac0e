// Whether this process is still the one that made the guard. A copy of a process holds the same
// nonces, and two signatures under one nonce give the share away; so whoever uses a nonce asks
// first. Two independent signs: the process id, and a byte on a page that the kernel hands zeroed
// to a child (MADV_WIPEONFORK).
//
// A virtual machine that is copied or set back shows neither. Against that helps only what the rest
// of the design does: nonces are never stored, and a party that restarts has none.
#pragma once

#include <sys/types.h>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace tally::custody {

class ForkGuard {
 public:
  // Allocates one locked page. Errors: os_failure.
  [[nodiscard]] static Result<ForkGuard> create();

  // One system call. Any thread.
  [[nodiscard]] bool intact() const;

 private:
  ForkGuard(core::SecretBytes canary, pid_t process)
      : canary_(std::move(canary)), process_(process) {}

  core::SecretBytes canary_;
  pid_t process_;
};

}  // namespace tally::custody
