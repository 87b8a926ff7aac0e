#include "host_options.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "bench/clock_choice.hpp"
#include "bench/team.hpp"
#include "core/cpu.hpp"

namespace tally::bench_tool {

Result<std::vector<int>> choose_processors(const std::string& list) {
  const std::vector<int> allowed = bench::allowed_cpus();
  if (list.empty()) return allowed;
  const auto wanted = core::parse_cpu_list(list);
  if (!wanted || wanted->empty())
    return fail(Code::usage, fmt::format("--cpus: '{}' is not a list of processors", list),
                "write it as the kernel does: 0-3,8");
  for (const int cpu : *wanted)
    if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end())
      return fail(Code::unavailable,
                  fmt::format("--cpus: processor {} is not there or not allowed", cpu),
                  fmt::format("this process may run on {}", core::format_cpu_list(allowed)));
  return *wanted;
}

core::TscCalibration trusted_clock(bool quick, cli::Output& out) {
  const bench::ClockChoice choice = bench::choose_clock(
      core::calibrate_tsc(quick ? 3 : 5, quick ? 5 : 20), bench::probe_environment());
  if (!choice.reason.empty())
    out.warning(choice.reason + ": clock_gettime is used instead",
                "tally-bench doctor looks at the host");
  out.detail(bench::describe(choice.clock));
  return choice.clock;
}

Result<UniqueFd> hold_dma_latency() {
  UniqueFd fd(::open("/dev/cpu_dma_latency", O_WRONLY | O_CLOEXEC));
  const std::int32_t wanted_us = 0;
  if (fd && ::write(fd.get(), &wanted_us, sizeof wanted_us) == sizeof wanted_us) return fd;
  const int failure = errno;
  const bool forbidden = failure == EACCES || failure == EPERM;
  return fail(core::os_error(forbidden ? Code::permission : Code::unavailable,
                             "cannot hold /dev/cpu_dma_latency", failure,
                             forbidden ? "run as root" : "without --hold-dma-latency it works"));
}

}  // namespace tally::bench_tool
