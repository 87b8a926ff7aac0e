// tally-sign doctor: what this host does to secrets, sockets and rings.
#include "cli/doctor.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "commands.hpp"
#include "core/fd.hpp"
#include "core/file.hpp"

namespace tally::sign {
namespace {

using cli::Finding;
using State = Finding::State;

// A few coordinators' nonce pools, the share and the passphrase.
constexpr rlim_t kLockedBytesWanted = rlim_t{1} << 20U;

// The first line of a pseudo file; empty when it cannot be read.
std::string first_line(const char* path) {
  const auto text = core::read_file(path);
  return text ? text->substr(0, text->find('\n')) : std::string();
}

Finding locked_memory() {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  Finding finding{"locked memory", State::good, "unlimited", {}, {}};
  if (limit.rlim_cur == RLIM_INFINITY) return finding;
  finding.found = fmt::format("{} KiB", limit.rlim_cur / 1024);
  if (limit.rlim_cur >= kLockedBytesWanted) return finding;
  finding.state = State::missing;
  finding.cost = "shares and nonces cannot be kept from swap, and a party does not start";
  finding.remedy = "ulimit -l 1024";
  return finding;
}

Finding core_dumps() {
  const std::string pattern = first_line("/proc/sys/kernel/core_pattern");
  return {"core dumps",
          State::good,
          fmt::format("pattern '{}'; parties turn their own off", pattern),
          {},
          {}};
}

Finding swap() {
  const auto text = core::read_file("/proc/swaps");
  const bool active = text && text->find('\n') + 1 < text->size();
  if (!active) return {"swap", State::good, "none", {}, {}};
  return {"swap", State::note, "active",
          "shares are locked in memory; what a key derivation leaves behind is not",
          "use encrypted swap, or swapoff -a while passphrases are typed"};
}

Finding ptrace_scope() {
  const std::string scope = first_line("/proc/sys/kernel/yama/ptrace_scope");
  if (scope.empty()) {
    return {"ptrace",
            State::note,
            "no yama",
            "root can read any process; parties close themselves to their own user",
            {}};
  }
  if (scope != "0") return {"ptrace", State::good, "scope " + scope, {}, {}};
  return {"ptrace", State::note, "scope 0",
          "other programs of this user are open to one another; parties close themselves",
          "sysctl kernel.yama.ptrace_scope=1"};
}

Finding randomness() {
  std::uint8_t byte = 0;
  const bool ready = ::getrandom(&byte, 1, GRND_NONBLOCK) == 1;
  if (ready) return {"randomness", State::good, "ready", {}, {}};
  return {"randomness", State::missing, "not seeded yet", "deal and serve wait for the kernel", {}};
}

Finding clock() {
  const std::string source =
      first_line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
  if (source == "tsc" || source == "kvm-clock" || source.empty()) {
    return {"clock", State::good, source.empty() ? "unknown" : source, {}, {}};
  }
  return {"clock", State::note, source, "each reading is a system call of a microsecond or more",
          "tally-tune status shows why tsc is not used"};
}

Finding shared_memory() {
  struct statfs about {};
  const bool tmpfs = ::statfs("/dev/shm", &about) == 0 && about.f_type == TMPFS_MAGIC &&
                     ::access("/dev/shm", W_OK) == 0;
  if (tmpfs) {
    return {"shared memory",
            State::good,
            fmt::format("/dev/shm is tmpfs, {} MiB free",
                        static_cast<std::uint64_t>(about.f_bavail) *
                                static_cast<std::uint64_t>(about.f_bsize) >>
                            20U),
            {},
            {}};
  }
  return {"shared memory", State::missing, "/dev/shm is no tmpfs that can be written",
          "no rings: only pipes", "mount -t tmpfs tmpfs /dev/shm"};
}

Finding unix_sockets() {
  const UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (fd) return {"unix sockets", State::good, "available", {}, {}};
  return {"unix sockets", State::missing, "refused", "no party can be reached", {}};
}

}  // namespace

void add_sign_doctor(cli::App& app) {
  cli::add_doctor(app, [] {
    return std::vector<Finding>{locked_memory(), core_dumps(), swap(),          ptrace_scope(),
                                randomness(),    clock(),      shared_memory(), unix_sockets()};
  });
}

}  // namespace tally::sign
