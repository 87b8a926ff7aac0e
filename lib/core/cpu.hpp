// What the processor of this host offers: instruction sets, and which cores share what.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tally::core {

// Instruction sets that have a faster twin of some code, and who made the processor.
// TALLY_CPU=portable in the environment turns every one off, so that the portable twins can be run
// anywhere.
struct CpuFeatures {
  bool avx2 = false;
  bool bmi2_adx = false;  // mulx, adcx, adox
  bool sha_ni = false;
  bool avx512_ifma = false;  // with F, VL, BW and DQ, and the operating system saving the registers
  bool vaes = false;
  bool pclmul = false;  // carry-less 64-bit products
  bool intel = false;   // by the vendor's name: for choices that only measuring decides
};

// Read once, at the first call. Any thread.
[[nodiscard]] const CpuFeatures& cpu_features();

struct LogicalCpu {
  int id = 0;
  int core_id = 0;
  int package_id = 0;
  int numa_node = 0;
  std::vector<int> siblings;  // hardware threads of the same core, itself among them
};

// Online processors in the order of their numbers, from sysfs below `root` ("" is this host).
// Errors: no_input or bad_data when sysfs is not there or not as expected.
[[nodiscard]] Result<std::vector<LogicalCpu>> cpu_topology(const std::string& root = "");

// The kernel's list format, "0-3,8": parsed, and written in its shortest form. An empty text, and
// the text "(null)" that Linux 6.1 prints for an unset list, are the empty list. Errors: bad_data.
[[nodiscard]] Result<std::vector<int>> parse_cpu_list(std::string_view text);
[[nodiscard]] std::string format_cpu_list(std::vector<int> cpus);

}  // namespace tally::core
