#include "mpc/reshare_messages.hpp"

#include "core/endian.hpp"
#include "mpc/dkg_fields.hpp"

namespace tally::mpc {
namespace {

using namespace fields;

constexpr std::string_view kMagic = "TRA1";
constexpr std::size_t kHeaderBytes = 4 + 32 + 2 + 4 + 32 + 3 * 4;

std::uint32_t load(ByteView bytes, std::size_t at) {
  return core::load_be<std::uint32_t>(bytes.data() + at);
}
bool in_bounds(std::uint32_t count) {
  return count >= 1 && count <= kMostParties;
}

}  // namespace

Bytes encode(const ReshareDealt& message) {
  Bytes out;
  append(out, message.commitments);
  append(out, message.proof);
  append(out, message.nonce);
  append(out, message.sealed);
  return out;
}

Bytes encode(const ReshareCollection& message) {
  Bytes out;
  append(out, message.other_sums);
  append_all(out, message.proofs);
  append_all(out, message.nonces);
  append(out, message.sealed_sums);
  return out;
}

Bytes encode(const ReshareAgreement& agreement) {
  Bytes out(kHeaderBytes);
  std::copy(kMagic.begin(), kMagic.end(), out.begin());
  std::copy(agreement.ceremony.begin(), agreement.ceremony.end(), out.begin() + 4);
  core::store_be(&out[36], agreement.facts.schemes);
  core::store_be(&out[38], agreement.facts.epoch);
  std::copy(agreement.facts.chain_code.begin(), agreement.facts.chain_code.end(), out.begin() + 42);
  core::store_be(&out[74], static_cast<std::uint32_t>(agreement.nonces.size()));
  core::store_be(&out[78], agreement.next.t);
  core::store_be(&out[82], agreement.next.n());
  append(out, agreement.sum_commitments);
  append_all(out, agreement.next.host_keys);
  append_all(out, agreement.nonces);
  append(out, agreement.sealed_sums);
  return out;
}

Decoded<ReshareDealt> decode_reshare_dealt(ByteView bytes, std::uint32_t t, std::uint32_t n) {
  if (bytes.size() != kPointBytes * (t + 1) + kProofBytes + kScalarBytes * n) {
    return core::unexpected(Malformed::length);
  }
  Fields in(bytes);
  ReshareDealt message;
  message.commitments = in.points(t);
  message.proof = in.arrays<kProofBytes>(1)[0];
  message.nonce = in.arrays<kPointBytes>(1)[0];
  message.sealed = in.scalars(n);
  return in.checked(std::move(message));
}

Decoded<ReshareCollection> decode_reshare_collection(ByteView bytes, std::uint32_t dealers,
                                                     std::uint32_t t, std::uint32_t n) {
  if (bytes.size() !=
      kPointBytes * (t - 1) + (kProofBytes + kPointBytes) * dealers + kScalarBytes * n) {
    return core::unexpected(Malformed::length);
  }
  Fields in(bytes);
  ReshareCollection message;
  message.other_sums = in.points(t - 1);
  message.proofs = in.arrays<kProofBytes>(dealers);
  message.nonces = in.arrays<kPointBytes>(dealers);
  message.sealed_sums = in.scalars(n);
  return in.checked(std::move(message));
}

Decoded<ReshareRecoveryParts> decode_reshare_recovery(ByteView bytes) {
  if (bytes.size() < kHeaderBytes || !is_reshare_recovery(bytes)) {
    return core::unexpected(Malformed::length);
  }
  const std::uint32_t dealers = load(bytes, 74);
  const std::uint32_t t = load(bytes, 78);
  const std::uint32_t n = load(bytes, 82);
  if (!in_bounds(dealers) || !in_bounds(n) || t < 1 || t > n) {
    return core::unexpected(Malformed::length);
  }
  const std::size_t agreed_bytes =
      kHeaderBytes + kPointBytes * (std::size_t{t} + n + dealers) + kScalarBytes * n;
  if (bytes.size() != agreed_bytes + kSignatureBytes * n) {
    return core::unexpected(Malformed::length);
  }
  ReshareRecoveryParts parts;
  ReshareAgreement& agreement = parts.agreement;
  std::copy_n(bytes.begin() + 4, 32, agreement.ceremony.begin());
  agreement.facts.schemes = core::load_be<std::uint16_t>(bytes.data() + 36);
  agreement.facts.epoch = load(bytes, 38);
  std::copy_n(bytes.begin() + 42, 32, agreement.facts.chain_code.begin());
  agreement.next.t = t;
  Fields in(bytes.subspan(kHeaderBytes));
  agreement.sum_commitments = in.points(t);
  agreement.next.host_keys = in.arrays<kPointBytes>(n);
  agreement.nonces = in.arrays<kPointBytes>(dealers);
  agreement.sealed_sums = in.scalars(n);
  parts.agreed = bytes.first(agreed_bytes);
  parts.certificate = bytes.subspan(agreed_bytes);
  return in.checked(std::move(parts));
}

bool is_reshare_recovery(ByteView recovery_data) {
  return core::as_text(recovery_data).starts_with(kMagic);
}

}  // namespace tally::mpc
