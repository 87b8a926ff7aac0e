// Scalars, hashes and products of points.
#include <algorithm>
#include <array>

#include "crypto/ecdh.hpp"
#include "crypto/point.hpp"
#include "crypto/scalar_vector.hpp"
#include "crypto/secret_mul.hpp"
#include "crypto/sha256.hpp"
#include "timing.hpp"

namespace tally::timing {
namespace {

using crypto::Point;
using crypto::Scalar;

void keep(const Scalar& value) {
  sink = value.limbs()[0];
}
void keep(const Point& point) {
  sink = point.is_infinity() ? 1 : 0;
}

// What most have: a secret scalar beside a public one.
struct OfScalar {
  static constexpr std::size_t kSecretBytes = 32;
  void prepare(ByteView bytes) { secret = scalar_of(bytes); }
  Scalar secret;
  Scalar factor = scalar_of(fresh<32>());
};

struct Mul : OfScalar {
  void run() const { keep(secret * factor); }
};
struct Inverse : OfScalar {
  void run() const { keep(Scalar::inverse(secret)); }
};
// The twin that leaks.
struct InverseVar : OfScalar {
  void run() const { keep(Scalar::inverse_var(secret)); }
};

struct Inner {
  static constexpr std::size_t kSecretBytes = 32;
  void prepare(ByteView bytes) { vector[5] = scalar_of(bytes); }
  void run() const { keep(crypto::inner_product(vector, vector)); }
  std::vector<Scalar> vector = std::vector<Scalar>(32, scalar_of(fresh<32>()));
};

// The sum of the gadget by the bits of a choice.
struct MaskedSum {
  static constexpr std::size_t kSecretBytes = 52;
  void prepare(ByteView secret) { std::ranges::copy(secret, bits.begin()); }
  void run() const { keep(crypto::masked_sum(vector, bits)); }
  ByteArray<kSecretBytes> bits{};
  std::vector<Scalar> vector = std::vector<Scalar>(8 * kSecretBytes, scalar_of(fresh<32>()));
};
// The twin that leaks: a sum of what the bits choose.
struct BranchingSum : MaskedSum {
  void run() const {
    Scalar sum;
    for (std::size_t i = 0; i < vector.size(); ++i) {
      if (((bits[i / 8] >> (i % 8)) & 1U) != 0) sum = sum + vector[i];
    }
    keep(sum);
  }
};

struct Hash {
  static constexpr std::size_t kSecretBytes = 32;
  void prepare(ByteView secret) { std::ranges::copy(secret, message.begin()); }
  void run() const { sink = crypto::Sha256::digest(message)[0]; }
  ByteArray<kSecretBytes> message{};
};

// A secret that is compared with what somebody sent, who tries to guess it.
struct Compare {
  static constexpr std::size_t kSecretBytes = 32;
  void prepare(ByteView secret) { std::ranges::copy(secret, mine.begin()); }
  void run() const { sink = core::equal_constant_time(mine, guess) ? 1 : 0; }
  ByteArray<kSecretBytes> mine{};
  ByteArray<kSecretBytes> guess{};
};
// The twin that leaks: how many bytes were guessed.
struct CompareVar : Compare {
  void run() const {
    sink = static_cast<std::uint64_t>(std::ranges::mismatch(mine, guess).in1 - mine.begin());
  }
};

// The twin that leaks by the line of memory it reads, which stays cached for the fixed secret.
struct Lookup {
  static constexpr std::size_t kSecretBytes = 32;
  static constexpr std::size_t kEntries = std::size_t{1} << 24U;
  void prepare(ByteView secret) {
    index = (std::size_t{secret[29]} << 16U) + (std::size_t{secret[30]} << 8U) + secret[31];
  }
  void run() const { sink = table[index]; }
  std::size_t index = 0;
  Bytes table = Bytes(kEntries, 1);
};

struct Generator : OfScalar {
  void run() const { keep(Point::mul_generator(secret)); }
};
struct OfPoint : OfScalar {
  Point point = Point::mul_generator(factor);
};
struct MulPoint : OfPoint {
  void run() const { keep(Point::mul_secret(secret, point)); }
};
// The twin that leaks by how many leading bits are zero.
struct MulPointVar : OfPoint {
  void run() const { keep(Point::mul_var(secret, point)); }
};
struct Ecdh : OfPoint {
  void run() const { sink = crypto::ecdh(secret, point) ? 1 : 0; }
};

struct OfLanes : OfPoint {
  void prepare(ByteView bytes) { secrets.fill(scalar_of(bytes)); }
  std::array<Scalar, 8> secrets;
  std::array<Point, 8> points = {point, point, point, point, point, point, point, point};
  std::array<Point, 8> products;
};
struct GeneratorLanes : OfLanes {
  void run() {
    crypto::mul_generator_each(secrets, products);
    keep(products[3]);
  }
};
struct PointLanes : OfLanes {
  void run() {
    crypto::mul_secret_each(secrets, points, products);
    keep(products[3]);
  }
};

}  // namespace

Cases crypto_cases() {
  return {
      {"mul", of<Mul>},
      {"inverse", of<Inverse>},
      {"inner", of<Inner>},
      {"masked_sum", of<MaskedSum>},
      {"sha256", of<Hash>},
      {"compare", of<Compare>},
      {"generator", of<Generator>},
      {"point", of<MulPoint>},
      {"ecdh", of<Ecdh>},
      {"generator_lanes", of<GeneratorLanes>},
      {"point_lanes", of<PointLanes>},
      {"fault_inverse", of<InverseVar>},
      {"fault_sum", of<BranchingSum>},
      {"fault_compare", of<CompareVar>},
      {"fault_lookup", of<Lookup>},
      {"fault_point", of<MulPointVar>},
  };
}

}  // namespace tally::timing
