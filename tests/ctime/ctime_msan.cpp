// Constant time of the code by AVX-512 IFMA and SHA-NI, which valgrind 3.19 cannot run: secrets are
// poisoned for the memory sanitizer of clang, which reports each branch and each address that
// depends on one. Code of other libraries is not instrumented, so none of it sees a poisoned byte
// here. Built and run by the preset `msan`; exits 77 where the processor lacks the instructions.
#include <array>
#include <cstdio>
#include <sanitizer/msan_interface.h>
#include <string_view>

#include "core/cpu.hpp"
#include "crypto/scalar_vector.hpp"
#include "crypto/sha256_kernels.hpp"

namespace {

using namespace tally;
using crypto::Scalar;

enum class Outcome { passed, failed, skipped };

template <typename T>
void poison(T& value) {
  __msan_poison(&value, sizeof value);
}
// The result must still count as secret, or nothing was watched.
template <typename T>
bool is_poisoned(const T& value) {
  return __msan_test_shadow(&value, sizeof value) >= 0;
}
Outcome watched(bool all) {
  return all ? Outcome::passed : Outcome::failed;
}

using Vector = std::array<Scalar, 19>;

Vector secret_scalars(std::uint64_t seed) {
  Vector values;
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = -Scalar(seed * (i + 3));
  poison(values);
  return values;
}

Outcome ifma() {
  if (!core::cpu_features().avx512_ifma) return Outcome::skipped;
  const auto& kernel = crypto::scalar_vector_ifma();
  const Vector a = secret_scalars(7);
  const Vector b = secret_scalars(11);
  Vector product;
  Vector scaled;
  kernel.multiply_each(a, b, product);
  const Scalar inner = kernel.inner_product(a, b);
  kernel.add_scaled(a, inner, b, product[3], product, scaled);
  return watched(is_poisoned(product) && is_poisoned(inner) && is_poisoned(scaled));
}

Outcome sha_ni() {
  if (!core::cpu_features().sha_ni) return Outcome::skipped;
  std::array<std::uint8_t, std::size_t{17} * 19> messages{};
  std::array<std::uint8_t, std::size_t{17} * 32> digests;
  ByteArray<29> prefix{};
  poison(messages);
  poison(prefix);
  crypto::Sha256 state = crypto::Sha256::tagged("ctime");
  state.update(prefix);
  crypto::sha256_batch(state, messages, 19, digests);
  const auto digest = state.update(messages).finish();
  return watched(is_poisoned(digests) && is_poisoned(digest));
}

// What must be reported, or the checks above are worth nothing.
Outcome fault_branch() {
  if (!core::cpu_features().avx512_ifma) return Outcome::skipped;
  const Vector a = secret_scalars(7);
  if (crypto::scalar_vector_ifma().inner_product(a, a).is_zero()) std::puts("zero");
  return Outcome::passed;
}
Outcome fault_index() {
  if (!core::cpu_features().sha_ni) return Outcome::skipped;
  static constexpr std::array<std::uint8_t, 256> kTable = {1, 2, 3};
  ByteArray<64> message{};
  poison(message);
  const auto digest = crypto::Sha256::digest(message);
  volatile std::uint8_t looked_up = kTable[digest[0]];
  static_cast<void>(looked_up);
  return Outcome::passed;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::array<std::pair<std::string_view, Outcome (*)()>, 4> kCases = {{
      {"ifma", ifma},
      {"sha_ni", sha_ni},
      {"fault_branch", fault_branch},
      {"fault_index", fault_index},
  }};
  for (const auto& [known, run] : kCases) {
    if (argc != 2 || known != argv[1]) continue;
    const Outcome outcome = run();
    if (outcome == Outcome::passed) return 0;
    if (outcome == Outcome::skipped) {
      std::puts("skipped: the processor lacks the instructions, or TALLY_CPU switches them off");
      return 77;
    }
    std::fputs("the result was not watched\n", stderr);
    return 1;
  }
  std::fputs("run as: ctime_msan CASE\n", stderr);
  return 2;
}
