// Whatever bytes are read as a history, as a baseline or as results: what is accepted is written as
// bytes that read the same, and no more lines are accounted for than there are.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "bench/baseline.hpp"
#include "bench/history.hpp"
#include "core/bytes.hpp"

namespace bench = tally::bench;

namespace {

void check(bool truth) {
  if (!truth) std::abort();
}

void history(std::string_view text) {
  const auto read = bench::parse_history(text, "f");
  if (!read) return;
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  check(read->entries.size() + read->skipped.size() <= lines);
  std::string again;
  for (const bench::HistoryEntry& entry : read->entries) {
    check(entry.median > 0);
    again += bench::to_json(entry) + "\n";
  }
  const auto reread = bench::parse_history(again, "f");
  check(reread && reread->entries == read->entries && reread->skipped.empty());
  std::size_t in_series = 0;
  for (const bench::Series& series : bench::series_of(read->entries))
    in_series += series.entries.size();
  check(in_series == read->entries.size());
}

void baseline(std::string_view text) {
  const auto read = bench::parse_baseline(text, "f");
  if (!read) return;
  check(read->lines.size() == read->results.size());
  const auto reread = bench::parse_baseline(bench::encode_baseline(*read), "f");
  check(reread && reread->lines == read->lines && reread->host == read->host);
  for (const auto& row : bench::compare_with_baseline(read->results, read->results, 0.1))
    check(row.change == bench::Change::none || !row.ratio);
}

void results(std::string_view text) {
  const auto read = bench::parse_results(text, "f");
  check(!read || !read->empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = tally::core::as_text({data, size});
  history(text);
  baseline(text);
  results(text);
  return 0;
}
