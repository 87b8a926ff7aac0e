#include "core/cpu.hpp"

#include <algorithm>
#include <charconv>
#include <cpuid.h>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>

#include "core/file.hpp"

namespace tally::core {
namespace {

bool portable_forced() {
  const char* choice = std::getenv("TALLY_CPU");
  return choice != nullptr && std::strcmp(choice, "portable") == 0;
}

CpuFeatures detect() {
  CpuFeatures features;
  if (portable_forced()) return features;
  __builtin_cpu_init();
  features.pclmul = __builtin_cpu_supports("pclmul") != 0;
  features.intel = __builtin_cpu_is("intel") != 0;
  features.avx2 = __builtin_cpu_supports("avx2") != 0;
  features.avx512_ifma =
      __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0 &&
      __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
      __builtin_cpu_supports("avx512ifma") != 0;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) != 0) {
    features.bmi2_adx = (b & bit_BMI2) != 0 && (b & bit_ADX) != 0;
    features.sha_ni = (b & bit_SHA) != 0;
    features.vaes = (c & bit_VAES) != 0;
  }
  return features;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
  return text;
}

Result<int> parse_number(std::string_view text, std::string_view whole) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < 0) {
    return fail(Code::bad_data, fmt::format("'{}' is not a list of processors", whole));
  }
  return value;
}

Result<std::string> read_value(const std::string& path) {
  TALLY_TRY(const std::string text, read_file(path));
  return std::string(trimmed(text));
}

Result<int> read_int(const std::string& path) {
  TALLY_TRY(const std::string text, read_value(path));
  // Guests and old kernels write -1 for an unknown package.
  if (text == "-1") return 0;
  return parse_number(text, text);
}

int numa_node_of(const std::string& cpu_folder) {
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(cpu_folder, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("node") && name.size() > 4) return std::atoi(name.c_str() + 4);
  }
  return 0;
}

}  // namespace

const CpuFeatures& cpu_features() {
  static const CpuFeatures kFeatures = detect();
  return kFeatures;
}

Result<std::vector<int>> parse_cpu_list(std::string_view text) {
  text = trimmed(text);
  std::vector<int> cpus;
  if (text.empty() || text == "(null)") return cpus;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t comma = rest.find(',');
    const std::string_view part = rest.substr(0, comma);
    rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(comma + 1);
    const std::size_t dash = part.find('-');
    TALLY_TRY(const int first, parse_number(part.substr(0, dash), text));
    int last = first;
    if (dash != std::string_view::npos) {
      TALLY_TRY(last, parse_number(part.substr(dash + 1), text));
    }
    constexpr int kMostCpus = 65536;
    if (last < first || last >= kMostCpus) {
      return fail(Code::bad_data, fmt::format("'{}' is not a list of processors", text));
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
  }
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string format_cpu_list(std::vector<int> cpus) {
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t j = i;
    while (j + 1 < cpus.size() && cpus[j + 1] == cpus[j] + 1) ++j;
    if (!text.empty()) text += ',';
    text += i == j ? fmt::format("{}", cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[j]);
    i = j + 1;
  }
  return text;
}

Result<std::vector<LogicalCpu>> cpu_topology(const std::string& root) {
  const std::string base = root + "/sys/devices/system/cpu/";
  TALLY_TRY(const std::string online_text, read_value(base + "online"));
  TALLY_TRY(const auto online, parse_cpu_list(online_text));
  std::vector<LogicalCpu> cpus;
  for (const int id : online) {
    const std::string folder = fmt::format("{}cpu{}", base, id);
    LogicalCpu cpu;
    cpu.id = id;
    TALLY_TRY(cpu.core_id, read_int(folder + "/topology/core_id"));
    TALLY_TRY(cpu.package_id, read_int(folder + "/topology/physical_package_id"));
    TALLY_TRY(const std::string siblings, read_value(folder + "/topology/thread_siblings_list"));
    TALLY_TRY(cpu.siblings, parse_cpu_list(siblings));
    cpu.numa_node = numa_node_of(folder);
    cpus.push_back(std::move(cpu));
  }
  return cpus;
}

}  // namespace tally::core
