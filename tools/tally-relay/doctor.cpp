#include "cli/doctor.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/vfs.h>

#include "commands.hpp"
#include "core/file.hpp"
#include "core/threads.hpp"
#include "core/units.hpp"
#include "net/uring.hpp"

namespace tally::relay {
namespace {

using cli::Finding;
using State = cli::Finding::State;

constexpr std::uint64_t kWantedSocketBytes = std::uint64_t{4} << 20U;
constexpr std::uint64_t kWantedLockedBytes = std::uint64_t{64} << 20U;

// The text of a small pseudo file without its newline; empty when it is not there.
std::string read_line(const std::string& path) {
  auto text = core::read_file(path);
  if (!text) return {};
  text->erase(std::find(text->begin(), text->end(), '\n'), text->end());
  return *text;
}

Finding io_uring_finding() {
  const auto ring = net::Uring::open(8, 16);
  if (ring) {
    const bool best = (*ring)->mode() == "defer";
    return {"io_uring", best ? State::good : State::note,
            fmt::format("works, mode {}", (*ring)->mode()),
            best ? "" : "a few more calls a packet than with Linux 6.1", ""};
  }
  return {"io_uring", State::missing, ring.error().message,
          "datagrams are received by recvmmsg: more calls under load",
          "sysctl -w kernel.io_uring_disabled=0"};
}

Finding socket_buffer_finding(const char* name) {
  const std::string text = read_line(fmt::format("/proc/sys/net/core/{}", name));
  const auto bytes = core::parse_size_bytes(text);
  if (!bytes) return {name, State::note, "cannot be read", "", ""};
  const bool enough = *bytes >= kWantedSocketBytes;
  return {name, enough ? State::good : State::missing, text + " bytes",
          enough ? "" : "a burst of packets overflows the socket's queue",
          enough ? "" : fmt::format("sysctl -w net.core.{}={}", name, kWantedSocketBytes)};
}

Finding memlock_finding() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_MEMLOCK, &limit) != 0) {
    return {"memlock", State::note, std::strerror(errno), "", ""};
  }
  const bool unlimited = limit.rlim_cur == RLIM_INFINITY;
  const bool enough = unlimited || limit.rlim_cur >= kWantedLockedBytes;
  return {"memlock", enough ? State::good : State::note,
          unlimited ? "unlimited" : fmt::format("{} bytes", limit.rlim_cur),
          enough ? "" : "large rings cannot be locked into memory (lock=yes)",
          enough ? "" : fmt::format("ulimit -l {}", kWantedLockedBytes / 1024)};
}

Finding shm_finding() {
  struct statfs status {};
  if (::statfs("/dev/shm", &status) != 0) {
    return {"/dev/shm", State::missing, std::strerror(errno), "shm: rings cannot be made",
            "mount -t tmpfs tmpfs /dev/shm"};
  }
  const auto free_bytes =
      static_cast<std::uint64_t>(status.f_bavail) * static_cast<std::uint64_t>(status.f_bsize);
  const bool tmpfs = status.f_type == TMPFS_MAGIC;
  return {"/dev/shm", tmpfs ? State::good : State::missing,
          fmt::format("{}, {} MiB free", tmpfs ? "tmpfs" : "no tmpfs", free_bytes >> 20U),
          tmpfs ? "" : "rings would live on a disk", tmpfs ? "" : "mount -t tmpfs tmpfs /dev/shm"};
}

Finding huge_pages_finding() {
  const std::string pages = read_line("/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages");
  const std::string shmem = read_line("/sys/kernel/mm/transparent_hugepage/shmem_enabled");
  return {"huge pages", State::note,
          fmt::format("{} free of 2 MiB; for shared memory: {}", pages.empty() ? "none" : pages,
                      shmem.empty() ? "unknown" : shmem),
          "", ""};
}

// What a sleep costs is decided by how deep an idle processor goes.
Finding idle_finding() {
  const std::string driver = read_line("/sys/devices/system/cpu/cpuidle/current_driver");
  const std::string governor = read_line("/sys/devices/system/cpu/cpuidle/current_governor_ro");
  std::string deepest;
  for (int state = 0; state < 16; ++state) {
    const std::string folder = fmt::format("/sys/devices/system/cpu/cpu0/cpuidle/state{}/", state);
    const std::string name = read_line(folder + "name");
    if (name.empty()) break;
    if (read_line(folder + "disable") == "1") continue;
    deepest = fmt::format(", deepest {} ({} us)", name, read_line(folder + "latency"));
  }
  return {"idle states", State::note,
          fmt::format("driver {}, governor {}{}", driver.empty() ? "none" : driver,
                      governor.empty() ? "unknown" : governor, deepest),
          "waking a sleeping processor takes that long", "tally-tune status idle"};
}

Finding cores_finding() {
  const int cores = core::allowed_cpu_count();
  const bool enough = cores >= 3;
  return {"cores", enough ? State::good : State::note, fmt::format("{} usable", cores),
          enough ? "" : "--engine spin takes a core from the rest of a chain", ""};
}

std::vector<Finding> examine() {
  return {io_uring_finding(),
          socket_buffer_finding("rmem_max"),
          socket_buffer_finding("wmem_max"),
          memlock_finding(),
          shm_finding(),
          huge_pages_finding(),
          idle_finding(),
          cores_finding()};
}

}  // namespace

void add_doctor(cli::App& app) {
  cli::add_doctor(app, examine);
}

}  // namespace tally::relay
