#include "bench/environment.hpp"

#include <charconv>
#include <sched.h>
#include <string_view>
#include <sys/utsname.h>
#include <thread>

#include "bench/kernel_text.hpp"
#include "core/file.hpp"
#include "core/threads.hpp"

namespace tally::bench {

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n";
  const auto begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

std::optional<std::string> line_of(const std::string& path) {
  const auto content = core::read_file(path);
  if (!content) return std::nullopt;
  return std::string(trimmed(std::string_view(*content).substr(0, content->find('\n'))));
}

std::optional<std::int64_t> integer_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
  return value;
}

// Tried on a thread of its own, so that the caller's policy stays as it is.
bool fifo_is_permitted() {
  bool permitted = false;
  std::thread([&] { permitted = core::set_fifo_priority(1).has_value(); }).join();
  return permitted;
}

}  // namespace

Environment probe_environment(const std::string& root) {
  const std::string cpu_root = root + "/sys/devices/system/cpu/";
  Environment host;
  if (const auto cpuinfo = core::read_file(root + "/proc/cpuinfo", std::size_t{4} << 20U)) {
    host.cpu_model = cpuinfo_value(*cpuinfo, "model name");
    const std::string flags = " " + cpuinfo_value(*cpuinfo, "flags") + " ";
    host.virtual_machine = flags.find(" hypervisor ") != std::string::npos;
  }
  if (utsname names{}; ::uname(&names) == 0) host.kernel = names.release;
  host.cpus = core::allowed_cpu_count();
  host.governor = line_of(cpu_root + "cpu0/cpufreq/scaling_governor");
  const std::string clock_root = root + "/sys/devices/system/clocksource/clocksource0/";
  host.clocksource = line_of(clock_root + "current_clocksource");
  host.clocksources = line_of(clock_root + "available_clocksource");
  host.idle_governor = line_of(cpu_root + "cpuidle/current_governor");
  host.isolated_cpus = line_of(cpu_root + "isolated");
  if (host.isolated_cpus == "(null)") host.isolated_cpus = "";  // as Linux 6.1 prints an empty list
  host.rt_runtime_us = integer_of(line_of(root + "/proc/sys/kernel/sched_rt_runtime_us"));
  host.rt_period_us = integer_of(line_of(root + "/proc/sys/kernel/sched_rt_period_us"));
  if (const auto load = line_of(root + "/proc/loadavg")) {
    double value = 0;
    if (std::from_chars(load->data(), load->data() + load->size(), value).ec == std::errc{})
      host.load_average = value;
  }
  host.fifo_permitted = fifo_is_permitted();
  return host;
}

}  // namespace tally::bench
