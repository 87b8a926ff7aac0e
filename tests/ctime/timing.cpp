#include "timing.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <immintrin.h>

namespace {

using namespace tally;
using timing::Operation;

constexpr double kDifferent = 10;
// Samples are taken until a difference is told or one of half a per cent would be, or for so long.
constexpr double kFine = 0.005;
constexpr double kCoarse = 0.02;
constexpr std::size_t kFewest = 4000;
constexpr std::chrono::seconds kLongest{20};

struct Moments {
  double mean = 0;
  double variance_of_mean = 0;
};

// The slowest tenth is left out, which is what other programs do to a measurement.
Moments moments(std::vector<std::uint64_t> cycles) {
  std::sort(cycles.begin(), cycles.end());
  cycles.resize(cycles.size() - cycles.size() / 10);
  const auto count = static_cast<double>(cycles.size());
  Moments m;
  for (const auto each : cycles) m.mean += static_cast<double>(each) / count;
  for (const auto each : cycles) {
    const double off = static_cast<double>(each) - m.mean;
    m.variance_of_mean += off * off / (count - 1) / count;
  }
  return m;
}

struct Finding {
  std::size_t samples = 0;
  double mean = 0;     // cycles
  double t = 0;        // Welch's
  double visible = 0;  // the smallest difference that would be told, as a part of the mean
  bool failed = false;
};

class Comparison {
 public:
  explicit Comparison(Operation operation)
      : operation_(std::move(operation)),
        fixed_(operation_.secret_bytes),
        random_(operation_.secret_bytes),
        secret_(operation_.secret_bytes) {
    for (std::size_t at = 31; at < fixed_.size(); at += 32) fixed_[at] = 1;
    fixed_.back() = 1;
  }

  Finding run() {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + kLongest;
    for (int i = 0; i < 100; ++i) static_cast<void>(sample((i & 1) != 0));
    for (std::size_t wanted = kFewest;; wanted *= 2) {
      while (samples() < wanted && Clock::now() < end) {
        const bool is_fixed = coin();
        cycles_[is_fixed ? 1 : 0].push_back(sample(is_fixed));
      }
      const Finding found = compare();
      if (failed_ || found.t >= kDifferent || found.visible < kFine || Clock::now() >= end)
        return found;
    }
  }

 private:
  [[nodiscard]] std::size_t samples() const { return cycles_[0].size() + cycles_[1].size(); }

  bool coin() {
    if (next_coin_ == coins_.size()) {
      core::random_bytes(coins_);
      next_coin_ = 0;
    }
    return (coins_[next_coin_++] & 1U) != 0;
  }

  std::uint64_t sample(bool is_fixed) {
    core::random_bytes(random_);
    const auto mask = static_cast<std::uint8_t>(is_fixed ? 0xff : 0);
    for (std::size_t i = 0; i < secret_.size(); ++i) {
      secret_[i] = static_cast<std::uint8_t>(random_[i] ^ ((random_[i] ^ fixed_[i]) & mask));
    }
    operation_.prepare(secret_);
    _mm_lfence();
    const std::uint64_t begin = __rdtsc();
    _mm_lfence();
    const bool done = operation_.run();
    _mm_lfence();
    const std::uint64_t took = __rdtsc() - begin;
    failed_ = failed_ || !done;
    return took;
  }

  [[nodiscard]] Finding compare() const {
    const Moments a = moments(cycles_[0]);
    const Moments b = moments(cycles_[1]);
    const double error = std::sqrt(a.variance_of_mean + b.variance_of_mean);
    return {samples(), a.mean, std::fabs(a.mean - b.mean) / error, kDifferent * error / a.mean,
            failed_};
  }

  Operation operation_;
  Bytes fixed_;
  Bytes random_;
  Bytes secret_;
  ByteArray<4096> coins_{};
  std::size_t next_coin_ = coins_.size();
  bool failed_ = false;
  std::array<std::vector<std::uint64_t>, 2> cycles_;
};

const Operation* find(std::string_view name) {
  static Operation found;
  for (const auto& cases :
       {timing::crypto_cases(), timing::frost_cases(), timing::ot_cases(), timing::ecdsa_cases()}) {
    for (const auto& [known, make] : cases) {
      if (known != name) continue;
      found = make();
      return &found;
    }
  }
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  const Operation* const operation = argc == 2 ? find(argv[1]) : nullptr;
  if (operation == nullptr) {
    std::fputs("run as: ctime_timing CASE\n", stderr);
    return 2;
  }
  const Finding found = Comparison(*operation).run();
  std::printf("t = %.2f after %zu samples of %.0f cycles, a difference of %.2f %% would be told\n",
              found.t, found.samples, found.mean, 100 * found.visible);
  if (found.failed) {
    std::puts("the operation failed, so that something else was timed");
    return 4;
  }
  if (found.t >= kDifferent) {
    std::puts("the time depends on the secret");
    return 1;
  }
  if (found.visible > kCoarse) {
    std::puts("too noisy to say: run it with nothing beside");
    return 3;
  }
  return 0;
}
