// Whatever the kernel, or who plays it, has in the tables of /proc and /sys: no parser reads past
// the text or believes a table that contradicts its own head. The first byte chooses the parser, so
// that each has a corpus of its own.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "bench/kernel_text.hpp"
#include "core/bytes.hpp"
#include "core/cpu.hpp"

namespace bench = tally::bench;

namespace {

void check(bool truth) {
  if (!truth) std::abort();
}

void count_table(const std::string& text) {
  const auto table = bench::parse_count_table(text);
  if (!table) return;
  check(table->size() <= static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')));
  for (const bench::CountedLine& line : *table) {
    check(!line.by_cpu.empty());
    check(line.by_cpu.size() == table->front().by_cpu.size());
  }
}

void steal(const std::string& text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  check(bench::parse_steal_ticks(text).size() <= lines);
}

void event(const std::string& text) {
  if (const auto config = bench::parse_event_config(text)) check(*config <= 0xffff);
}

void cpu_list(const std::string& text) {
  auto cpus = tally::core::parse_cpu_list(text);
  if (!cpus) return;
  std::sort(cpus->begin(), cpus->end());
  cpus->erase(std::unique(cpus->begin(), cpus->end()), cpus->end());
  const auto again = tally::core::parse_cpu_list(tally::core::format_cpu_list(*cpus));
  check(again && *again == *cpus);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(tally::core::as_text({data + 1, size - 1}));
  switch (data[0]) {
    case 'T':
      count_table(text);
      break;
    case 'S':
      steal(text);
      break;
    case 'D':
      if (const auto delay_ns = bench::parse_run_delay_ns(text))
        check(text.find(std::to_string(*delay_ns)) != std::string::npos);
      break;
    case 'I':
      check(bench::cpuinfo_value(text, "flags").size() <= text.size());
      break;
    case 'E':
      event(text);
      break;
    case 'C':
      cpu_list(text);
      break;
    default:
      break;
  }
  return 0;
}
