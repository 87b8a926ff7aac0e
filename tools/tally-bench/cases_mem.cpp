// Cases of lib/mem's page ladder: what large pages are worth to a walk that misses every cache.
#include <cstdint>
#include <fmt/format.h>
#include <memory>
#include <utility>

#include "cases.hpp"
#include "mem/pages.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {

namespace {

using Subject = std::unique_ptr<bench::Subject>;

constexpr std::size_t kLineBytes = 64;

// One cycle through all lines of a mapping in an order without pattern, so that each step waits for
// the one before it, and misses the address translation as well as the caches.
class Chase {
 public:
  explicit Chase(mem::Mapping mapping) : mapping_(std::move(mapping)) {
    const std::uint64_t lines = mapping_.size() / kLineBytes;
    for (std::uint64_t i = 0; i < lines; ++i) next_of(i) = i;
    // Sattolo's shuffle gives a permutation of a single cycle.
    std::uint64_t random = 1;
    for (std::uint64_t i = lines - 1; i > 0; --i) {
      random = random * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX constants
      std::swap(next_of(i), next_of((random >> 33U) % i));
    }
  }
  bool operator()() {
    at_ = next_of(at_);
    return true;
  }

 private:
  std::uint64_t& next_of(std::uint64_t line) {
    return *reinterpret_cast<std::uint64_t*>(mapping_.data() + line * kLineBytes);
  }

  mem::Mapping mapping_;
  std::uint64_t at_ = 0;
};

bench::Factory chase(std::size_t size_bytes, mem::HugeWish huge) {
  return [size_bytes, huge]() -> Result<Subject> {
    mem::PageRequest request;
    request.huge = huge;
    TALLY_TRY(auto mapping, mem::Mapping::anonymous(size_bytes, request));
    // Otherwise pages of 4 KiB would be compared with themselves.
    if (huge != mem::HugeWish::off && mapping.report().huge_bytes == 0) {
      return fail(Code::unavailable, "no large pages are to be had",
                  "tally-tune plan says how to reserve them");
    }
    return make_loop(Chase(std::move(mapping)));
  };
}

void add_chase(bench::Registry& registry, std::size_t mebibytes) {
  const std::size_t size_bytes = mebibytes << 20U;
  bench::Case definition;
  definition.name = fmt::format("mem.chase{}m", mebibytes);
  definition.summary =
      fmt::format("one step of a walk without pattern through {} MiB of 2 MiB pages", mebibytes);
  definition.countable = false;
  definition.make = chase(size_bytes, mem::HugeWish::two_mib);
  definition.peers = {{"pages4k", chase(size_bytes, mem::HugeWish::off)}};
  registry.add(definition);
}

}  // namespace

void add_mem_cases(bench::Registry& registry) {
  add_chase(registry, 8);
  add_chase(registry, 64);
  add_chase(registry, 512);
}

}  // namespace tally::bench_tool
