// Whether an operation takes longer for one secret than for others: O. Reparaz, J. Balasch,
// I. Verbauwhede, "Dude, is my code constant time?" (2016). Each operation runs on a fixed secret
// and on random ones in random order; Welch's t between the two samples says whether their means
// differ, and above 10 that is no accident. The slowest tenth is left out, which is what other
// programs do to a measurement. A twin that leaks must be found.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <functional>
#include <immintrin.h>
#include <string_view>
#include <vector>

#include "crypto/point.hpp"
#include "crypto/scalar_vector.hpp"
#include "crypto/sha256.hpp"

namespace {

using namespace tally;
using crypto::Scalar;

constexpr std::size_t kSamples = 40000;
constexpr std::size_t kFewSamples = 10000;
constexpr double kDifferent = 10;

struct Moments {
  double mean = 0;
  double variance_of_mean = 0;
};

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

template <typename Secret>
double welch_t(const std::vector<Secret>& secrets, const std::vector<bool>& fixed,
               const std::function<void(const Secret&)>& operation) {
  std::array<std::vector<std::uint64_t>, 2> cycles;
  for (std::size_t i = 0; i < secrets.size(); ++i) {
    _mm_lfence();
    const std::uint64_t begin = __rdtsc();
    _mm_lfence();
    operation(secrets[i]);
    _mm_lfence();
    const std::uint64_t end = __rdtsc();
    if (i > 100) cycles[fixed[i] ? 1 : 0].push_back(end - begin);
  }
  const Moments a = moments(std::move(cycles[0]));
  const Moments b = moments(std::move(cycles[1]));
  return std::fabs(a.mean - b.mean) / std::sqrt(a.variance_of_mean + b.variance_of_mean);
}

Scalar random_scalar() {
  ByteArray<32> bytes;
  core::random_bytes(bytes);
  return Scalar::from_bytes_reduced(bytes);
}

double of_scalar(const std::function<void(const Scalar&)>& operation,
                 std::size_t samples = kSamples) {
  std::vector<std::uint8_t> coins(samples);
  core::random_bytes(coins);
  std::vector<Scalar> secrets(samples);
  std::vector<bool> fixed(samples);
  for (std::size_t i = 0; i < samples; ++i) {
    fixed[i] = (coins[i] & 1U) != 0;
    secrets[i] = fixed[i] ? Scalar(1) : random_scalar();
  }
  return welch_t<Scalar>(secrets, fixed, operation);
}

volatile std::uint64_t sink;

void keep(const Scalar& value) {
  sink = value.limbs()[0];
}
void keep(const crypto::Point& point) {
  sink = point.is_infinity() ? 1 : 0;
}

double measure(std::string_view name) {
  const Scalar factor = random_scalar();
  std::vector<Scalar> vector(32, factor);
  if (name == "mul") return of_scalar([&](const Scalar& a) { keep(a * factor); });
  if (name == "inverse") return of_scalar([](const Scalar& a) { keep(Scalar::inverse(a)); });
  if (name == "inner") {
    return of_scalar([&](const Scalar& a) {
      vector[5] = a;
      keep(crypto::inner_product(vector, vector));
    });
  }
  if (name == "masked_sum") {
    return of_scalar([&](const Scalar& a) {
      const auto bits = a.encode();
      keep(crypto::masked_sum(vector, bits));
    });
  }
  if (name == "sha256") {
    return of_scalar([](const Scalar& a) { sink = crypto::Sha256::digest(a.encode())[0]; });
  }
  // Some 20 and 50 us each, so that fewer samples say as much about a difference of a per cent.
  if (name == "generator") {
    return of_scalar([](const Scalar& a) { keep(crypto::Point::mul_generator(a)); }, kFewSamples);
  }
  if (name == "point") {
    const auto point = crypto::Point::mul_generator(factor);
    return of_scalar([&](const Scalar& a) { keep(crypto::Point::mul_secret(a, point)); },
                     kFewSamples);
  }
  // The twins that leak: by the bits of the secret, and by how many leading ones are zero.
  if (name == "fault_point") {
    const auto point = crypto::Point::mul_generator(factor);
    return of_scalar([&](const Scalar& a) { keep(crypto::Point::mul_var(a, point)); }, kFewSamples);
  }
  if (name == "fault") return of_scalar([](const Scalar& a) { keep(Scalar::inverse_var(a)); });
  return -1;
}

}  // namespace

int main(int argc, char** argv) {
  const double t = argc == 2 ? measure(argv[1]) : -1;
  if (t < 0) {
    std::fputs("run as: ctime_timing CASE\n", stderr);
    return 2;
  }
  std::printf("t = %.2f\n", t);
  return t < kDifferent ? 0 : 1;
}
