#include "verify_stats.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tally::sign {

std::string VerifyStats::text() const {
  const auto each = [](std::uint64_t ns, std::uint64_t of) {
    return static_cast<double>(ns) / static_cast<double>(std::max<std::uint64_t>(1, of));
  };
  const double seconds = static_cast<double>(elapsed_ns) / 1e9;
  const double rate = seconds > 0 ? static_cast<double>(count) / seconds : 0;
  std::string text =
      fmt::format("stats: {} {}, {} bad, {:.0f}/s, {:.0f} ns each to read and answer", count, what,
                  bad, rate, each(read_ns(), count));
  if (items == 0) return text + ", nothing to verify";
  return text + fmt::format(", {:.0f} ns to verify by {}, reading {:.1f} % of verifying",
                            each(verify_ns, items), backend, 100 * each(read_ns(), verify_ns));
}

}  // namespace tally::sign
