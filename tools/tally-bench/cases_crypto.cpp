// Cases of lib/crypto, against libsecp256k1 called directly.
#include <array>
#include <memory>
#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <vector>

#include "cases.hpp"
#include "core/bytes.hpp"
#include "core/cpu.hpp"
#include "core/secret.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/hmac_drbg.hpp"
#include "crypto/scalar.hpp"
#include "crypto/scalar_limbs.hpp"
#include "crypto/scalar_vector.hpp"
#include "crypto/schnorr.hpp"
#include "crypto/secret_mul.hpp"
#include "crypto/sha256_batch.hpp"
#include "crypto/sha256_kernels.hpp"
#include "subjects.hpp"

namespace tally::bench_tool {

namespace {

using Subject = std::unique_ptr<bench::Subject>;

// A context of the peer's own, as a program without this project would make it.
class SecpContext {
 public:
  SecpContext() : context_(secp256k1_context_create(SECP256K1_CONTEXT_NONE)) {}
  ~SecpContext() { secp256k1_context_destroy(context_); }
  SecpContext(const SecpContext&) = delete;
  SecpContext& operator=(const SecpContext&) = delete;
  [[nodiscard]] const secp256k1_context* get() const { return context_; }

 private:
  secp256k1_context* context_;
};

ByteArray<32> pattern_bytes(std::uint8_t first) {
  ByteArray<32> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>(first + 7 * i);
  return bytes;
}

// A key, a message and its signatures, made by libsecp256k1. The key is of no use to anybody.
struct SignedMessage {
  ByteArray<32> digest = pattern_bytes(3);
  ByteArray<64> schnorr{};
  ByteArray<64> ecdsa{};
  ByteArray<32> xonly_key{};
  ByteArray<33> compressed_key{};
};

Result<SignedMessage> make_signed_message() {
  SignedMessage made;
  const SecpContext secp;
  const ByteArray<32> secret = pattern_bytes(1);
  secp256k1_keypair pair;
  secp256k1_xonly_pubkey xonly;
  secp256k1_pubkey key;
  secp256k1_ecdsa_signature ecdsa;
  std::size_t length = made.compressed_key.size();
  const bool done =
      secp256k1_keypair_create(secp.get(), &pair, secret.data()) == 1 &&
      secp256k1_keypair_xonly_pub(secp.get(), &xonly, nullptr, &pair) == 1 &&
      secp256k1_xonly_pubkey_serialize(secp.get(), made.xonly_key.data(), &xonly) == 1 &&
      secp256k1_keypair_pub(secp.get(), &key, &pair) == 1 &&
      secp256k1_ec_pubkey_serialize(secp.get(), made.compressed_key.data(), &length, &key,
                                    SECP256K1_EC_COMPRESSED) == 1 &&
      secp256k1_schnorrsig_sign32(secp.get(), made.schnorr.data(), made.digest.data(), &pair,
                                  nullptr) == 1 &&
      secp256k1_ecdsa_sign(secp.get(), &ecdsa, made.digest.data(), secret.data(), nullptr,
                           nullptr) == 1 &&
      secp256k1_ecdsa_signature_serialize_compact(secp.get(), made.ecdsa.data(), &ecdsa) == 1;
  if (!done) return fail(Code::internal, "libsecp256k1 could not sign");
  return made;
}

crypto::Scalar pattern_scalar(std::uint8_t first) {
  return crypto::Scalar::from_bytes_reduced(pattern_bytes(first));
}

Result<Subject> scalar_mul() {
  return make_loop([a = pattern_scalar(3), b = pattern_scalar(9)] {
    const crypto::Scalar product = a * b;
    keep(product);
    return true;
  });
}

Result<Subject> scalar_mul_portable() {
  return make_loop([a = pattern_scalar(3), b = pattern_scalar(9)] {
    crypto::Scalar::Limbs product;
    crypto::limbs::multiply_reduced_portable(product, a.limbs(), b.limbs());
    keep(product);
    return true;
  });
}

Result<Subject> scalar_inverse() {
  return make_loop([value = pattern_scalar(3)]() mutable {
    value = crypto::Scalar::inverse(value) + crypto::Scalar(1);
    return true;
  });
}

Result<Subject> scalar_inverse_var() {
  return make_loop([value = pattern_scalar(3)]() mutable {
    value = crypto::Scalar::inverse_var(value) + crypto::Scalar(1);
    return true;
  });
}

// As long as the gadget of a multiplication in threshold ECDSA.
constexpr std::size_t kInnerTerms = 416;

template <const crypto::ScalarVectorKernel* (*kernel)()>
Result<Subject> scalar_inner() {
  std::vector<crypto::Scalar> a(kInnerTerms, pattern_scalar(3));
  std::vector<crypto::Scalar> b(kInnerTerms, pattern_scalar(9));
  return make_loop([a = std::move(a), b = std::move(b)]() mutable {
    a[0] = kernel()->inner_product(a, b);
    return true;
  });
}
const crypto::ScalarVectorKernel* vector_kernel() {
  return core::cpu_features().avx512_ifma ? &crypto::scalar_vector_ifma()
                                          : &crypto::scalar_vector_portable();
}
const crypto::ScalarVectorKernel* vector_kernel_portable() {
  return &crypto::scalar_vector_portable();
}

// `count` secret scalars at once, each time others.
template <typename Each>
bench::Factory secret_batch(std::size_t count, Each each) {
  return [=]() -> Result<Subject> {
    std::vector<crypto::Scalar> k;
    for (std::size_t i = 0; i < count; ++i) {
      k.push_back(pattern_scalar(static_cast<std::uint8_t>(2 * i + 1)));
    }
    std::vector<crypto::Point> points(count, crypto::Point::mul_generator(pattern_scalar(5)));
    return make_granular(count, [=, k = std::move(k), points = std::move(points)]() mutable {
      k[0] = k[0] + crypto::Scalar(1);
      if constexpr (std::is_invocable_v<Each, crypto::Scalars, std::span<crypto::Point>>) {
        each(k, std::span(points));
      } else {
        each(k, std::span<const crypto::Point>(points), std::span(points));
      }
      return !points[0].is_infinity();
    });
  };
}

Result<Subject> secp_scalar_mul() {
  auto secp = std::make_shared<SecpContext>();
  return make_loop([secp, value = pattern_bytes(1), factor = pattern_bytes(9)]() mutable {
    return secp256k1_ec_seckey_tweak_mul(secp->get(), value.data(), factor.data()) == 1;
  });
}

Result<Subject> sha256_64() {
  return make_loop([block = std::array<std::uint8_t, 64>{}]() mutable {
    const ByteArray<32> digest = crypto::Sha256::digest(block);
    block[0] = digest[0];  // each digest waits for the one before it
    return true;
  });
}

// The portable form of what sha256_64 does: two blocks, the second one padding.
Result<Subject> sha256_64_portable() {
  return make_loop([blocks = std::array<std::uint8_t, 128>{}]() mutable {
    crypto::Sha256::Words state{};
    crypto::sha256_portable().compress(state, blocks.data(), 2);
    blocks[0] = static_cast<std::uint8_t>(state[0]);
    return true;
  });
}

// As the multiplications of threshold ECDSA hash: 19 bytes each after a prefix of 32.
constexpr std::size_t kShortMessages = 416;
constexpr std::size_t kShortBytes = 19;

Result<Subject> sha256_multi() {
  return make_granular(kShortMessages, [messages = Bytes(kShortMessages * kShortBytes),
                                        digests = Bytes(kShortMessages * 32),
                                        prefix = crypto::Sha256::tagged("x")]() mutable {
    crypto::Sha256 state = prefix;
    state.update(pattern_bytes(1));
    crypto::sha256_batch(state, messages, kShortBytes, digests);
    messages[0] = digests[0];
    return true;
  });
}

Result<Subject> sha256_multi_portable() {
  return make_granular(kShortMessages,
                       [blocks = Bytes(kShortMessages * crypto::Sha256::kBlockBytes),
                        digests = Bytes(kShortMessages * 32)]() mutable {
                         crypto::sha256_portable().digest_many(crypto::Sha256Start{}, blocks.data(),
                                                               1, kShortMessages, digests.data());
                         blocks[0] = digests[0];
                         return true;
                       });
}

Result<Subject> drbg_32() {
  auto drbg = std::make_shared<crypto::HmacDrbg>(crypto::HmacDrbg::Parts{pattern_bytes(1)});
  return make_loop([drbg, out = pattern_bytes(3)]() mutable {
    drbg->generate(out);
    return true;
  });
}

Result<Subject> system_32() {
  return make_loop([out = pattern_bytes(3)]() mutable {
    core::random_bytes(out);
    return true;
  });
}

Result<Subject> schnorr_single() {
  TALLY_TRY(const SignedMessage signed_message, make_signed_message());
  return make_loop([signed_message] {
    return crypto::schnorr_verify(signed_message.schnorr, signed_message.digest,
                                  signed_message.xonly_key);
  });
}

Result<Subject> secp_schnorr_single() {
  TALLY_TRY(const SignedMessage signed_message, make_signed_message());
  auto secp = std::make_shared<SecpContext>();
  return make_loop([secp, signed_message] {
    secp256k1_xonly_pubkey key;
    return secp256k1_xonly_pubkey_parse(secp->get(), &key, signed_message.xonly_key.data()) == 1 &&
           secp256k1_schnorrsig_verify(secp->get(), signed_message.schnorr.data(),
                                       signed_message.digest.data(), signed_message.digest.size(),
                                       &key) == 1;
  });
}

Result<Subject> ecdsa_single() {
  TALLY_TRY(const SignedMessage signed_message, make_signed_message());
  return make_loop([signed_message] {
    return crypto::ecdsa_verify(signed_message.compressed_key, signed_message.digest,
                                signed_message.ecdsa, crypto::EcdsaFormat::compact,
                                true) == crypto::EcdsaVerdict::valid;
  });
}

}  // namespace

Result<std::unique_ptr<bench::Subject>> make_ecdsa_verify() {
  TALLY_TRY(const SignedMessage signed_message, make_signed_message());
  auto secp = std::make_shared<SecpContext>();
  return make_loop([secp, signed_message] {
    secp256k1_pubkey key;
    secp256k1_ecdsa_signature signature;
    return secp256k1_ec_pubkey_parse(secp->get(), &key, signed_message.compressed_key.data(),
                                     signed_message.compressed_key.size()) == 1 &&
           secp256k1_ecdsa_signature_parse_compact(secp->get(), &signature,
                                                   signed_message.ecdsa.data()) == 1 &&
           secp256k1_ecdsa_verify(secp->get(), &signature, signed_message.digest.data(), &key) == 1;
  });
}

void add_crypto_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "scalar.mul";
  definition.summary = "product of two scalars modulo the order of secp256k1, constant time";
  definition.make = scalar_mul;
  definition.peers = {{"portable", scalar_mul_portable}, {"libsecp256k1", secp_scalar_mul}};
  definition.notes = {"libsecp256k1 offers no product of scalars but one of encoded keys"};
  registry.add(definition);

  definition = {};
  definition.name = "scalar.inverse";
  definition.summary = "inverse of a scalar modulo the order, constant time";
  definition.make = scalar_inverse;
  registry.add(definition);

  definition = {};
  definition.name = "scalar.inverse_var";
  definition.summary = "inverse of a public scalar modulo the order, variable time";
  definition.make = scalar_inverse_var;
  registry.add(definition);

  definition = {};
  for (const std::size_t count : std::array<std::size_t, 3>{2, 8, 64}) {
    const auto suffix = ".batch" + std::to_string(count);
    definition.name = "scalar.mul_g" + suffix;
    definition.summary = "a secret scalar times the generator, of so many at once";
    definition.make = secret_batch(count, crypto::mul_generator_each);
    definition.peers = {{"libsecp256k1", secret_batch(count, crypto::mul_generator_each_libsecp)}};
    registry.add(definition);
    definition.name = "scalar.mul_p" + suffix;
    definition.summary = "a secret scalar times a point, of so many at once";
    definition.make = secret_batch(count, crypto::mul_secret_each);
    definition.peers = {{"libsecp256k1", secret_batch(count, crypto::mul_secret_each_libsecp)}};
    registry.add(definition);
  }

  definition.name = "scalar.inner416";
  definition.summary = "inner product of two vectors of 416 scalars, constant time";
  definition.make = scalar_inner<vector_kernel>;
  definition.peers = {{"portable", scalar_inner<vector_kernel_portable>}};
  registry.add(definition);

  definition = {};
  definition.name = "sha256.64";
  definition.summary = "SHA-256 of 64 bytes";
  definition.make = sha256_64;
  definition.peers = {{"portable", sha256_64_portable}};
  registry.add(definition);

  definition = {};
  definition.name = "sha256.multi";
  definition.summary = "SHA-256 of 19 bytes after a common prefix, 416 of them in a batch";
  definition.make = sha256_multi;
  definition.peers = {{"portable", sha256_multi_portable}};
  registry.add(definition);

  definition = {};
  definition.name = "drbg.32";
  definition.summary = "32 bytes of HMAC_DRBG with SHA-256, the key replaced after them";
  definition.make = drbg_32;
  definition.peers = {{"getrandom", system_32}};
  registry.add(definition);

  definition = {};
  definition.name = "verify.schnorr.single";
  definition.summary = "one BIP340 signature over 32 bytes, from an encoded key";
  definition.make = schnorr_single;
  definition.peers = {{"libsecp256k1", secp_schnorr_single}};
  registry.add(definition);

  definition = {};
  definition.name = "verify.ecdsa.single";
  definition.summary = "one ECDSA signature over a digest, from a compressed key";
  definition.make = ecdsa_single;
  definition.peers = {{"libsecp256k1", make_ecdsa_verify}};
  registry.add(definition);
}

}  // namespace tally::bench_tool
