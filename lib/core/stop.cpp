#include "core/stop.hpp"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <sys/eventfd.h>
#include <unistd.h>

namespace tally::core {
namespace {

std::atomic<int> g_signal{0};
std::atomic<bool> g_requested{false};
std::atomic<int> g_event_fd{-1};

static_assert(std::atomic<int>::is_always_lock_free, "used in a signal handler");

void announce() {
  // Relaxed everywhere: the flag carries no data, and the eventfd write is a system call.
  g_requested.store(true, std::memory_order_relaxed);
  const std::uint64_t one = 1;
  const int fd = g_event_fd.load(std::memory_order_relaxed);
  if (fd >= 0 && ::write(fd, &one, sizeof one) < 0) return;
}

void on_signal(int number) {
  const int saved_errno = errno;
  int none = 0;
  if (!g_signal.compare_exchange_strong(none, number)) ::_exit(128 + number);
  announce();
  errno = saved_errno;
}

}  // namespace

Result<StopSignal> StopSignal::install() {
  UniqueFd event(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!event) return fail_errno("cannot create an eventfd", errno);
  g_event_fd.store(event.get());
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    if (::sigaction(number, &action, nullptr) != 0) {
      return fail_errno("cannot install a signal handler", errno);
    }
  }
  ::signal(SIGPIPE, SIG_IGN);
  return StopSignal(std::move(event));
}

StopSignal::~StopSignal() {
  // Whoever opens a file next gets this number, and must not find a signal's word in it.
  int own = event_.get();
  if (own >= 0) g_event_fd.compare_exchange_strong(own, -1);
}

bool StopSignal::requested() {
  return g_requested.load(std::memory_order_relaxed);
}
int StopSignal::number() {
  return g_signal.load(std::memory_order_relaxed);
}
void StopSignal::request() {
  announce();
}

}  // namespace tally::core
