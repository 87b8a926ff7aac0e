// Cases of the slowest gets and puts of a pool. Apart from cases_pool.cpp, where a pool's functions
// are small enough to be compiled into each loop.
#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "cases.hpp"
#include "core/clock.hpp"
#include "hist/histogram.hpp"
#include "pool_adapters.hpp"
#include "pool_subjects.hpp"

namespace tally::bench_tool {

namespace {

// What the slowest of a thousand gets and puts takes, each timed by itself. Runs of gets and of
// puts, of random length and of blocks in no order, so that what is in hand goes up and down by
// hundreds; how often magazines are exchanged, and so whether that is in the figure, is the pool's
// matter. An operation is one get or one put. As often nothing is timed, and the figure is the
// percentile 99.9 less the median of that: what the clock costs.
template <typename Pool, std::size_t BlockBytes>
class PoolTail final : public bench::Subject {
 public:
  PoolTail() : clock_(trusted()) { held_.reserve(kPoolBlocks); }
  ~PoolTail() override {
    for (const auto handle : held_) pool_.put(handle);
  }

  [[nodiscard]] std::uint64_t granularity() const override { return kLongestRun; }
  void prepare(std::uint64_t /*operations*/) override {
    took_.reset();
    nothing_.reset();
  }
  void run(std::size_t /*side*/, std::uint64_t operations) override {
    while (operations > 0) {
      std::uint64_t length = 1 + random() % kLongestRun;
      const bool gets = held_.empty() || (held_.size() < kPoolBlocks && random() % 2 == 0);
      length = std::min({length, operations, gets ? kPoolBlocks - held_.size() : held_.size()});
      for (std::uint64_t i = 0; i < length; ++i) {
        if (gets) {
          get();
        } else {
          put();
        }
        nothing_.record(timed([] {}));
      }
      operations -= length;
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }
  [[nodiscard]] std::optional<double> figure() const override {
    const auto in_ns = [this](std::uint64_t recorded) {
      return clock_.to_ns(recorded - hist::kMinNs);
    };
    return in_ns(took_.quantile(0.999)) - in_ns(nothing_.quantile(0.5));
  }

 private:
  using Handle = typename Pool::Handle;
  static constexpr std::uint64_t kLongestRun = 128;

  static core::TscCalibration trusted() {
    static const core::TscCalibration kMeasured = core::calibrate_tsc();
    return kMeasured.invariant ? kMeasured : core::monotonic_calibration();
  }
  std::uint64_t random() {
    random_ = random_ * 6364136223846793005U + 1442695040888963407U;  // Knuth's MMIX constants
    return random_ >> 33U;
  }
  // In ticks, and one more, for a histogram counts no 0.
  template <typename Work>
  std::uint64_t timed(Work work) {
    const std::uint64_t begin = clock_.ticks();
    work();
    return clock_.ticks() - begin + hist::kMinNs;
  }
  void get() {
    Handle handle{};
    took_.record(timed([&] { handle = pool_.get(); }));
    std::uint64_t* const words = pool_.words(handle);
    healthy_ = healthy_ && words != nullptr;
    if (words == nullptr) return;
    words[0] = held_.size();
    held_.push_back(handle);
  }
  void put() {
    std::swap(held_[random() % held_.size()], held_.back());
    const Handle handle = held_.back();
    held_.pop_back();
    took_.record(timed([&] { pool_.put(handle); }));
  }

  Pool pool_{BlockBytes};
  core::TscCalibration clock_;
  hist::Histogram took_;
  hist::Histogram nothing_;
  std::vector<Handle> held_;
  std::uint64_t random_ = 1;
  bool healthy_ = true;
};

template <std::size_t BlockBytes>
void add_tail(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "pool.tail." + std::to_string(BlockBytes);
  definition.summary = "percentile 99.9 of a get or a put, above what the clock costs";
  definition.countable = false;
  definition.make = make_pool_subject<PoolTail<SharedBlocks<false>, BlockBytes>>;
  definition.peers = {{"one_thread", make_pool_subject<PoolTail<LocalBlocks, BlockBytes>>},
                      {"glibc", make_pool_subject<PoolTail<Malloc, BlockBytes>>}};
  registry.add(definition);
}

}  // namespace

void add_pool_tail_cases(bench::Registry& registry) {
  add_tail<64>(registry);
  add_tail<256>(registry);
  add_tail<1024>(registry);
  add_tail<4096>(registry);
}

}  // namespace tally::bench_tool
