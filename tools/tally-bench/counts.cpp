#include "counts.hpp"

#include <algorithm>
#include <cerrno>
#include <fmt/format.h>
#include <unistd.h>

#include "bench/callgrind.hpp"
#include "bench/counts.hpp"
#include "bench/result.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"

namespace tally::bench_tool {

namespace {

using Selected = std::vector<const bench::Case*>;

constexpr std::size_t kFileLimitBytes = std::size_t{1} << 20U;

Result<Code> run_slices(const Selected& selected) {
  for (const bench::Case* definition : selected) {
    if (!bench::is_countable(*definition)) continue;
    const Status counted = bench::count_slices(*definition);
    if (!counted) return fail(counted.error().in(definition->name));
  }
  return Code::ok;
}

// The words with which this program starts its copy.
Result<std::vector<std::string>> words_of_copy(const std::string& pattern) {
  std::string program(4096, '\0');
  const ssize_t length = ::readlink("/proc/self/exe", program.data(), program.size());
  if (length < 0) return fail_errno("cannot find this program", errno);
  program.resize(static_cast<std::size_t>(length));
  std::vector<std::string> words{program, "run", "--counts", "callgrind"};
  if (!pattern.empty()) words.push_back(pattern);
  return words;
}

void print_counts(const bench::Counts& found, cli::Invocation& run) {
  for (const auto& [name, instructions] : found.instructions) {
    if (!run.json) {
      run.out.print("{:<28} {:>14.1f} instructions\n", name, instructions);
      continue;
    }
    bench::CaseResult result;
    result.name = name;
    result.unit = "instructions";
    result.ours = bench::Summary{instructions, instructions, instructions, 1};
    result.notes.emplace_back("counted by callgrind, portable code");
    run.out.line(bench::to_json(result));
  }
}

void print_changes(const std::vector<bench::CountChange>& changes, cli::Output& out) {
  for (const bench::CountChange& change : changes) {
    if (!change.matters(bench::kCountLimit)) continue;
    if (change.kept)
      out.warning(fmt::format("{}: {:.1f} instructions, {:.1f} were kept: {:+.2f} %", change.name,
                              change.found, *change.kept, 100 * change.relative()));
    else
      out.warning(
          fmt::format("{}: {:.1f} instructions, and no line is kept", change.name, change.found));
  }
}

// Compares with the kept counts. Under another compiler or library nothing is decided.
Result<Code> compare(const bench::Counts& found, const std::string& path, cli::Output& out) {
  TALLY_TRY(const std::string text, core::read_file(path, kFileLimitBytes));
  auto kept = bench::parse_counts(text);
  if (!kept) return fail(std::move(kept).error().in(path));
  const auto changes = bench::compare_counts(*kept, found);
  print_changes(changes, out);
  const bool changed = std::any_of(changes.begin(), changes.end(), [](const auto& change) {
    return change.matters(bench::kCountLimit);
  });
  const std::string fields = bench::differing_fields(kept->origin, found.origin);
  if (!fields.empty()) {
    out.warning(fmt::format("{} counts under another {}: nothing is decided", path, fields));
    return Code::ok;
  }
  if (!changed) return Code::ok;
  out.warning(fmt::format("counts changed by more than {:.0f} %", 100 * bench::kCountLimit),
              fmt::format("if that is meant: tally-bench run --counts callgrind --against {} "
                          "--accept",
                          path));
  return Code::negative;
}

// Lines of cases that were not counted this time stay, unless they were counted by others.
Status accept(bench::Counts found, const std::string& path) {
  const auto text = core::read_file(path, kFileLimitBytes);
  if (text) {
    auto kept = bench::parse_counts(*text);
    if (!kept) return fail(std::move(kept).error().in(path));
    if (kept->origin == found.origin) found.instructions.merge(kept->instructions);
  } else if (text.error().code != Code::no_input) {
    return fail(text.error());
  }
  const std::string lines = bench::to_text(found);
  return core::replace_file(path, core::as_bytes(lines), 0644);
}

}  // namespace

Result<Code> run_counts(const Selected& selected, const CountsArguments& arguments,
                        cli::Invocation& run) {
  if (bench::under_callgrind()) return run_slices(selected);
  if (std::none_of(selected.begin(), selected.end(),
                   [](const bench::Case* one) { return bench::is_countable(*one); })) {
    return fail(Code::unavailable, "what two threads do together cannot be counted",
                "name cases of one thread");
  }
  // The folder of the copy's files goes on Ctrl-C as well.
  TALLY_TRY(const auto stop_signal, core::StopSignal::install());
  bench::Counts found;
  TALLY_TRY(found.origin, bench::counts_origin({TALLY_CXX_FLAGS, TALLY_LIBSECP256K1_VERSION}));
  TALLY_TRY(const auto words, words_of_copy(arguments.pattern));
  auto counted = bench::count_under_callgrind(words);
  if (core::StopSignal::requested()) return stopped_code();
  TALLY_TRY(found.instructions, std::move(counted));
  print_counts(found, run);
  if (arguments.against.empty()) return Code::ok;
  if (!arguments.accept) return compare(found, arguments.against, run.out);
  TALLY_CHECK(accept(std::move(found), arguments.against));
  return Code::ok;
}

}  // namespace tally::bench_tool
