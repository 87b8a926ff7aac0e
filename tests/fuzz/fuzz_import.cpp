// Everything that a command reads figures from, told apart by content: logs, results, recordings,
// google-benchmark's JSON, lines of measurements. Any text is taken; what is read can be written.
#include <cstdlib>

#include "bench/google.hpp"
#include "bench/import.hpp"
#include "core/bytes.hpp"
#include "hist/hlog.hpp"

namespace bench = tally::bench;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto imported = bench::import_text(tally::core::as_text({data, size}), "fuzz", {});
  if (!imported) return 0;
  if (!imported->results.empty() && !imported->recordings.empty()) std::abort();
  for (const bench::CaseResult& result : imported->results)
    if (bench::to_json(result).empty() || bench::to_csv(result).empty()) std::abort();
  for (const bench::Recording& recording : imported->recordings)
    if (tally::hist::to_hgrm(recording.latency).empty()) std::abort();
  return 0;
}
