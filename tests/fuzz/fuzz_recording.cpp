// Recordings as they lie in files: any text is taken, and what reads as a recording is written and
// read again to the same text.
#include <cstdlib>

#include "bench/recording.hpp"
#include "core/bytes.hpp"

namespace bench = tally::bench;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto recordings = bench::parse_recordings(tally::core::as_text({data, size}));
  if (!recordings) return 0;
  for (const bench::Recording& recording : *recordings) {
    const std::string text = bench::to_json(recording);
    const auto again = bench::parse_recordings(text);
    if (!again || again->size() != 1 || bench::to_json(again->front()) != text) std::abort();
  }
  return 0;
}
