#include "net/wait.hpp"

#include <ctime>
#include <poll.h>

#include "core/clock.hpp"

namespace tally::net {

Ready wait_fd(int fd, short events, std::uint64_t deadline_ns) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const std::uint64_t now = core::monotonic_ns();
  const std::uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
  const timespec timeout{static_cast<time_t>(left / kSecond), static_cast<long>(left % kSecond)};
  pollfd entry{fd, events, 0};
  const int count = ::ppoll(&entry, 1, &timeout, nullptr);
  if (count > 0) return Ready::ready;
  return count == 0 ? Ready::timeout : Ready::interrupted;
}

}  // namespace tally::net
