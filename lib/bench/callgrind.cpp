#include "bench/callgrind.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <utility>
#include <valgrind/callgrind.h>

#include "core/file.hpp"
#include "core/process.hpp"
#include "core/scratch.hpp"

namespace tally::bench {
namespace {

namespace fs = std::filesystem;

// Of the shorter slice, in units of the subject's granularity.
constexpr std::uint64_t kUnits = 32;
constexpr std::size_t kFileLimitBytes = std::size_t{64} << 20U;

constexpr std::string_view kTrigger = "desc: Trigger: Client Request: ";
constexpr std::string_view kTotals = "totals: ";

// What follows `key` on the line that begins with it.
std::optional<std::string_view> line_of(std::string_view text, std::string_view key) {
  const std::size_t at = text.starts_with(key) ? 0 : text.find(fmt::format("\n{}", key));
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view line = text.substr(at == 0 ? key.size() : at + 1 + key.size());
  return line.substr(0, line.find('\n'));
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (text.empty() || result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::vector<std::string> fixed_environment() {
  return {"PATH=/usr/bin:/bin", "LC_ALL=C", "TALLY_CPU=portable",
          // x86-64-v2 is the floor of the build, so the C library may know SSE4.2 and no more.
          "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX,-AVX512F,-AVX512VL,-AVX512BW,-BMI1,-BMI2,"
          "-LZCNT,-MOVBE,-ERMS,-FSRM,-RTM,-Prefer_No_VZEROUPPER"};
}

Result<core::ProcessEnd> run_valgrind(const core::ProcessRequest& request) {
  auto end = core::run_process(request);
  if (end) return end;
  Error error = std::move(end).error();
  if (error.code == Code::unavailable) error.hint = "apt install valgrind";
  return fail(std::move(error));
}

// Slices of one case are those of n and of 2n operations.
Result<std::map<std::string, double>> slopes(const std::vector<CountedSlice>& slices) {
  std::map<std::string, double> counts;
  for (std::size_t i = 0; i + 1 < slices.size(); i += 2) {
    const CountedSlice& small = slices[i];
    const CountedSlice& large = slices[i + 1];
    if (small.case_name != large.case_name || large.operations <= small.operations ||
        large.instructions <= small.instructions) {
      return fail(Code::internal, "callgrind counted nothing for " + small.case_name);
    }
    // A thousandth of an instruction says it; more digits would differ for no reason.
    const double exact = static_cast<double>(large.instructions - small.instructions) /
                         static_cast<double>(large.operations - small.operations);
    counts[small.case_name] = std::round(exact * 1000) / 1000;
  }
  return counts;
}

// Callgrind numbers its files in the order of the dumps; the one without a number is the end's.
Result<std::vector<CountedSlice>> read_slices(const fs::path& folder) {
  std::vector<CountedSlice> slices;
  for (std::size_t part = 1;; ++part) {
    const fs::path file = folder / fmt::format("counts.{}", part);
    if (!fs::exists(file)) return slices;
    TALLY_TRY(const std::string text, core::read_file(file.string(), kFileLimitBytes));
    TALLY_TRY(const auto slice, parse_callgrind(text));
    if (slice) slices.push_back(*slice);
  }
}

Status count_slice(Subject& subject, const std::string& name, std::uint64_t operations) {
  subject.prepare(operations);
  CALLGRIND_ZERO_STATS;
  CALLGRIND_TOGGLE_COLLECT;
  subject.run(0, operations);
  CALLGRIND_TOGGLE_COLLECT;
  const std::string label = fmt::format("{} {}", name, operations);
  CALLGRIND_DUMP_STATS_AT(label.c_str());
  if (!subject.healthy()) return fail(Code::internal, name + " answered wrongly");
  return {};
}

}  // namespace

bool under_callgrind() {
  return RUNNING_ON_VALGRIND != 0;
}

bool is_countable(const Case& definition) {
  return definition.countable && definition.threads == 1;
}

Status count_slices(const Case& definition) {
  TALLY_TRY(const auto subject, definition.make());
  const std::uint64_t units = kUnits * subject->granularity();
  // What happens the first time only is not part of an operation.
  subject->prepare(units);
  subject->run(0, units);
  TALLY_CHECK(count_slice(*subject, definition.name, units));
  return count_slice(*subject, definition.name, 2 * units);
}

Result<std::optional<CountedSlice>> parse_callgrind(std::string_view text) {
  const auto label = line_of(text, kTrigger);
  if (!label) return std::optional<CountedSlice>{};
  const std::size_t space = label->find(' ');
  const auto totals = line_of(text, kTotals);
  if (space == std::string_view::npos || !totals) {
    return fail(Code::bad_data, "callgrind's output is not understood");
  }
  const auto operations = parse_number(label->substr(space + 1));
  const auto instructions = parse_number(*totals);
  if (!operations || !instructions) {
    return fail(Code::bad_data, "callgrind's output is not understood");
  }
  return CountedSlice{std::string(label->substr(0, space)), *operations, *instructions};
}

Result<std::map<std::string, double>> count_under_callgrind(
    const std::vector<std::string>& arguments) {
  TALLY_TRY(const core::ScratchFolder folder, core::ScratchFolder::make("tally-bench"));
  core::ProcessRequest request;
  request.arguments = {"valgrind", "--quiet", "--tool=callgrind", "--collect-atstart=no",
                       "--callgrind-out-file=" + (folder.path() / "counts").string()};
  request.arguments.insert(request.arguments.end(), arguments.begin(), arguments.end());
  request.environment = fixed_environment();
  TALLY_TRY(const auto end, run_valgrind(request));
  if (end.status != 0) {
    return fail(Code::internal, fmt::format("the copy under valgrind ended with {}", end.status));
  }
  TALLY_TRY(const auto slices, read_slices(folder.path()));
  return slopes(slices);
}

Result<CountsOrigin> counts_origin(BuildFacts build) {
  core::ProcessRequest request;
  request.arguments = {"valgrind", "--version"};
  TALLY_TRY(const auto end, run_valgrind(request));
  return CountsOrigin{__VERSION__, std::move(build.flags), gnu_get_libc_version(),
                      std::move(build.libsecp256k1), end.output.substr(0, end.output.find('\n'))};
}

}  // namespace tally::bench
