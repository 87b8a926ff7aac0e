#include "custody/fork_guard.hpp"

#include <unistd.h>

namespace tally::custody {
namespace {

constexpr std::uint8_t kAlive = 0xa5;

}  // namespace

Result<ForkGuard> ForkGuard::create() {
  TALLY_TRY(auto canary, core::SecretBytes::allocate(1));
  canary.bytes()[0] = kAlive;
  return ForkGuard(std::move(canary), ::getpid());
}

bool ForkGuard::intact() const {
  return !canary_.empty() && canary_.bytes()[0] == kAlive && ::getpid() == process_;
}

}  // namespace tally::custody
