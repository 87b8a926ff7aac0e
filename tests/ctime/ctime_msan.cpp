// Constant time of the code by AVX-512 IFMA and SHA-NI, which valgrind 3.19 cannot run, and of the
// parts of threshold ECDSA that work with both (ctime_ot.cpp): secrets are poisoned for the memory
// sanitizer of clang, which reports each branch and each address that depends on one. Code of other
// libraries is not instrumented, so none of it sees a poisoned byte here. Built and run by the
// preset `msan`; exits 77 where the processor lacks the instructions.
#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "core/cpu.hpp"
#include "crypto/engine.hpp"
#include "crypto/scalar_vector.hpp"
#include "crypto/secret_mul_digits.hpp"
#include "crypto/sha256_batch.hpp"
#include "crypto/sha256_kernels.hpp"
#include "poison.hpp"

namespace {

using namespace tally;
using crypto::Scalar;
using ctime::is_poisoned;

enum class Outcome { passed, failed, skipped };

template <typename T>
void poison(T& value) {
  ctime::poison(&value, sizeof value);
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
  Vector scaled;
  const Scalar inner = kernel.inner_product(a, b);
  kernel.add_scaled(a, inner, b, a[3], b, scaled);
  return watched(is_poisoned(inner) && is_poisoned(scaled));
}

// Sums and encodings, by a secret's bits too. That every number is below n is public, and no more.
Outcome ifma_linear() {
  if (!core::cpu_features().avx512_ifma) return Outcome::skipped;
  const auto& kernel = crypto::scalar_vector_ifma();
  const Vector a = secret_scalars(7);
  Vector difference;
  Vector sum;
  kernel.subtract_and_add(a, secret_scalars(11), a[3], difference);
  ByteArray<3> bits = {0x5a, 0xff, 1};
  poison(bits);
  kernel.add_where(a, bits, difference, a[5], sum);
  ByteArray<19 * 32> bytes;
  kernel.encode_each(sum, bytes);
  Vector parsed;
  Vector reduced;
  if (!kernel.parse_each(bytes, parsed)) return Outcome::failed;
  kernel.reduce_each(bytes, reduced);
  return watched(is_poisoned(difference) && is_poisoned(sum) && is_poisoned(bytes) &&
                 is_poisoned(parsed) && is_poisoned(reduced));
}

// The table of the generator holds numbers that are no points, which changes no instruction: making
// the real one takes libsecp256k1.
constexpr crypto::AffineWords kGenerator = {
    {0x59F2815B16F81798, 0x029BFCDB2DCE28D9, 0x55A06295CE870B07, 0x79BE667EF9DCBBAC},
    {0x9C47D08FFB10D4B8, 0xFD17B448A6855419, 0x5DA4FBFC0E1108A8, 0x483ADA7726A3C465}};

// Lifts x of the generator and of no point, by both engines.
Outcome lift() {
  if (crypto::ifma_engine() == nullptr) return Outcome::skipped;
  for (const auto* const engine : {crypto::ifma_engine(), &crypto::portable_engine()}) {
    const std::array<bool, 11> odd{};
    std::array<crypto::FieldWords, 11> x{};
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = i % 2 == 0 ? kGenerator.x : kGenerator.y;
    poison(x);
    std::array<crypto::AffineWords, 11> points{};
    engine->lift_x(x.data(), odd.data(), x.size(), points.data());
    for (const auto& point : points) {
      if (!is_poisoned(point.x) || !is_poisoned(point.y)) return Outcome::failed;
    }
  }
  return Outcome::passed;
}

std::vector<crypto::FixedRow> table_of_numbers() {
  std::vector<crypto::FixedRow> rows(crypto::kFixedDigits);
  std::uint64_t number = 1;
  for (auto& row : rows) {
    for (auto& words : row.word) {
      for (auto& word : words) word = number *= 0x9E3779B97F4A7C15;
    }
  }
  return rows;
}

// From the digits on. That these are cut in constant time is for valgrind: the sanitizer does not
// see through the assembly of a product by mulx.
Outcome secret_mul() {
  if (!core::cpu_features().avx512_ifma) return Outcome::skipped;
  crypto::FixedMulBlock fixed{};
  crypto::SecretMulBlock secret{};
  for (std::size_t i = 0; i < 8; ++i) {
    cut_fixed(-Scalar(13 + i), i, fixed);
    cut_secret(-Scalar(31 + i), i, secret);
    secret.point[i] = kGenerator;
  }
  poison(fixed.digit);
  poison(secret);
  const auto rows = table_of_numbers();
  std::array<crypto::AffineWords, 8> of_generator;
  std::array<crypto::AffineWords, 8> of_point;
  const auto& kernel = *crypto::compiled_secret_mul_kernel();
  kernel.mul_generator(fixed, rows.data(), of_generator.data());
  kernel.mul_point(secret, of_point.data());
  return watched(is_poisoned(of_generator[3].x) && is_poisoned(of_point[3].x) &&
                 is_poisoned(of_generator[5].y) && is_poisoned(of_point[5].y));
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

// A batch of messages of one block and of two, with and without common first words: sixteen in
// lanes, two streams and one.
Outcome watch_batches(const crypto::Sha256Kernel& kernel) {
  constexpr std::size_t kMessages = 16 + 2 + 1;
  const crypto::Sha256::Words from = {1, 2, 3, 4, 5, 6, 7, 8};
  for (const std::size_t blocks_each : {1U, 2U}) {
    ByteArray<kMessages * 2 * crypto::Sha256::kBlockBytes> messages{};
    poison(messages);
    for (const std::size_t shared : {std::size_t{0}, crypto::Sha256::kBlockBytes}) {
      ByteArray<kMessages * 32> digests;
      const auto start = crypto::sha256_start(from, messages.data(), shared);
      kernel.digest_many(start, messages.data(), blocks_each, kMessages, digests.data());
      for (std::size_t i = 0; i < kMessages; ++i) {
        ByteArray<32> digest;
        std::copy_n(digests.data() + 32 * i, 32, digest.begin());
        if (!is_poisoned(digest)) return Outcome::failed;
      }
    }
  }
  return Outcome::passed;
}
Outcome sha_ni_batches() {
  if (!core::cpu_features().sha_ni) return Outcome::skipped;
  return watch_batches(crypto::sha256_sha_ni());
}
Outcome sha_lanes() {
  if (!core::cpu_features().sha_ni || !core::cpu_features().avx512_ifma) return Outcome::skipped;
  return watch_batches(crypto::sha256_avx512());
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

int skipped() {
  std::puts("skipped: the processor lacks the instructions, or TALLY_CPU switches them off");
  return 77;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::array<std::pair<std::string_view, Outcome (*)()>, 9> kCases = {{
      {"ifma", ifma},
      {"ifma_linear", ifma_linear},
      {"lift", lift},
      {"secret_mul", secret_mul},
      {"sha_ni", sha_ni},
      {"sha_ni_batches", sha_ni_batches},
      {"sha_lanes", sha_lanes},
      {"fault_branch", fault_branch},
      {"fault_index", fault_index},
  }};
  for (const auto& [known, run] : kCases) {
    if (argc != 2 || known != argv[1]) continue;
    const Outcome outcome = run();
    if (outcome == Outcome::passed) return 0;
    if (outcome == Outcome::skipped) return skipped();
    std::fputs("the result was not watched\n", stderr);
    return 1;
  }
  const auto& has = core::cpu_features();
  for (const auto& [known, run] : ctime::cases_of_ot()) {
    if (argc != 2 || known != argv[1]) continue;
    // valgrind runs them without.
    if (!has.sha_ni || !has.pclmul || !has.avx512_ifma) return skipped();
    if (run()) return 0;
    std::fputs("the operation failed, or its result was not watched\n", stderr);
    return 1;
  }
  std::fputs("run as: ctime_msan CASE\n", stderr);
  return 2;
}
