#include "mpc/rfc9591_hash.hpp"

#include <algorithm>
#include <string>

#include "crypto/sha256.hpp"

namespace tally::mpc::rfc9591 {
namespace {

using crypto::Scalar;
using crypto::Sha256;

constexpr std::uint8_t kExpandedBytes = 48;

std::string domain(Suite suite, std::string_view name) {
  const std::string_view context =
      suite == Suite::sha256 ? "FROST-secp256k1-SHA256-v1" : "FROST-secp256k1-SHA256-TR-v1";
  return std::string(context) + std::string(name);
}

// RFC 9380, 5.3.1, for 48 bytes: two blocks, of which half the second.
ByteArray<kExpandedBytes> expand(std::string_view tag, std::initializer_list<ByteView> parts) {
  const ByteArray<64> zeros{};
  const ByteArray<3> length = {0, kExpandedBytes, 0};
  const ByteArray<1> tag_bytes = {static_cast<std::uint8_t>(tag.size())};
  Sha256 first;
  first.update(zeros);
  for (const ByteView part : parts) first.update(part);
  first.update(length).update(core::as_bytes(tag)).update(tag_bytes);
  auto seed = first.finish();

  ByteArray<kExpandedBytes> out;
  ByteArray<32> block{};
  for (std::uint8_t i = 1; i <= 2; ++i) {
    for (std::size_t j = 0; j < block.size(); ++j) {
      block[j] = static_cast<std::uint8_t>(block[j] ^ seed[j]);
    }
    const ByteArray<1> index = {i};
    Sha256 next;
    next.update(block).update(index).update(core::as_bytes(tag)).update(tag_bytes);
    block = next.finish();
    const std::size_t taken = i == 1 ? 32 : 16;
    std::copy_n(block.begin(), taken, out.begin() + (i - 1) * 32);
  }
  core::wipe(seed);
  core::wipe(block);
  return out;
}

// 48 bytes, big-endian, modulo n: the first 16 times 2^256, and the rest.
Scalar reduce(const ByteArray<kExpandedBytes>& bytes) {
  ByteArray<32> high{};
  std::copy_n(bytes.begin(), 16, high.begin() + 16);
  ByteArray<32> power{};
  power[15] = 1;
  const Scalar two_128 = Scalar::from_bytes_reduced(power);
  const Scalar scalar = Scalar::from_bytes_reduced(high) * two_128 * two_128 +
                        Scalar::from_bytes_reduced(ByteView(bytes).subspan(16));
  core::wipe(high);
  return scalar;
}

}  // namespace

Scalar hash_to_scalar(Suite suite, std::string_view name, std::initializer_list<ByteView> parts) {
  auto expanded = expand(domain(suite, name), parts);
  const Scalar scalar = reduce(expanded);
  core::wipe(expanded);
  return scalar;
}

ByteArray<32> hash_bytes(Suite suite, std::string_view name, ByteView message) {
  return Sha256().update(core::as_bytes(domain(suite, name))).update(message).finish();
}

}  // namespace tally::mpc::rfc9591
