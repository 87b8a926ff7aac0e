// Cases of lib/hist: what recording one latency costs the loop that is measured.
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "cases.hpp"
#include "hist/histogram.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::size_t kValues = 4096;

// Latencies as a loop of microseconds has them: most within a factor of two of each other, one in a
// hundred some octaves above. In an order without pattern, so that neither the predictor of
// branches nor the nearest cache flatters the figure.
std::array<std::uint64_t, kValues> make_latencies() {
  std::array<std::uint64_t, kValues> latencies{};
  std::uint64_t state = 12345;
  const auto random = [&state] {
    // The constants of Knuth's MMIX (The Art of Computer Programming, 3.3.4); the high bits are
    // good.
    state = state * 6364136223846793005 + 1442695040888963407;
    return state >> 33U;
  };
  for (std::uint64_t& latency : latencies) {
    latency = 5000 + random() % 3000 + random() % 3000;
    if (random() % 100 == 0) latency <<= 1 + random() % 12;
  }
  return latencies;
}

class Record final : public bench::Subject {
 public:
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations; ++i)
      histogram_.record(latencies_[recorded_++ % kValues]);
  }
  [[nodiscard]] bool healthy() const override {
    return histogram_.count() == recorded_ && histogram_.clamped() == 0;
  }

 private:
  std::array<std::uint64_t, kValues> latencies_ = make_latencies();
  hist::Histogram histogram_;
  std::uint64_t recorded_ = 0;
};

}  // namespace

void add_hist_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "hist.record";
  definition.summary = "one latency into a histogram of 1 ns to 1 h at three digits";
  definition.make = []() -> Result<std::unique_ptr<bench::Subject>> {
    return std::make_unique<Record>();
  };
  registry.add(definition);
}

}  // namespace tally::bench_tool
