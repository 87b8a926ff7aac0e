#include "mpc/dkg_messages.hpp"

#include "core/endian.hpp"
#include "mpc/dkg_fields.hpp"
#include "mpc/group.hpp"

namespace tally::mpc {
namespace {

using namespace fields;
// What each participant adds to recovery data: host key, nonce, sealed sum, signature.
constexpr std::size_t kRecoveryEntryBytes = 2 * kPointBytes + kScalarBytes + kSignatureBytes;

}  // namespace

std::size_t contribution_bytes(std::uint32_t t, std::uint32_t n) {
  return kPointBytes * (t + 1) + kSignatureBytes + kScalarBytes * n;
}

std::size_t collection_bytes(std::uint32_t t, std::uint32_t n) {
  return (2 * kPointBytes + kSignatureBytes + kScalarBytes) * n + kPointBytes * (t - 1);
}

Bytes encode(const Contribution& message) {
  Bytes out;
  append(out, message.commitments);
  append(out, message.proof);
  append(out, message.nonce);
  append(out, message.sealed);
  return out;
}

Bytes encode(const Collection& message) {
  Bytes out;
  append(out, message.first_commitments);
  append(out, message.other_sums);
  append_all(out, message.proofs);
  append_all(out, message.nonces);
  append(out, message.sealed_sums);
  return out;
}

Bytes encode(const Investigation& message) {
  Bytes out;
  append(out, message.sealed);
  append(out, message.partial_pubshares);
  return out;
}

Bytes encode(const EqualityInput& agreement) {
  Bytes out(4);
  core::store_be(out.data(), agreement.params.t);
  append(out, agreement.sum_commitments);
  append_all(out, agreement.params.host_keys);
  append_all(out, agreement.nonces);
  append(out, agreement.sealed_sums);
  return out;
}

Decoded<Contribution> decode_contribution(ByteView bytes, std::uint32_t t, std::uint32_t n) {
  if (bytes.size() != contribution_bytes(t, n)) return core::unexpected(Malformed::length);
  Fields in(bytes);
  Contribution message;
  message.commitments = in.points(t);
  message.proof = in.arrays<kSignatureBytes>(1)[0];
  message.nonce = in.arrays<kPointBytes>(1)[0];
  message.sealed = in.scalars(n);
  return in.checked(std::move(message));
}

Decoded<Collection> decode_collection(ByteView bytes, std::uint32_t t, std::uint32_t n) {
  if (bytes.size() != collection_bytes(t, n)) return core::unexpected(Malformed::length);
  Fields in(bytes);
  Collection message;
  message.first_commitments = in.points(n);
  message.other_sums = in.points(t - 1);
  message.proofs = in.arrays<kSignatureBytes>(n);
  message.nonces = in.arrays<kPointBytes>(n);
  message.sealed_sums = in.scalars(n);
  return in.checked(std::move(message));
}

Decoded<Investigation> decode_investigation(ByteView bytes, std::uint32_t n) {
  if (bytes.size() != (kScalarBytes + kPointBytes) * n) return core::unexpected(Malformed::length);
  Fields in(bytes);
  Investigation message;
  message.sealed = in.scalars(n);
  message.partial_pubshares = in.points(n);
  return in.checked(std::move(message));
}

Decoded<RecoveryParts> decode_recovery(ByteView bytes) {
  if (bytes.size() < 4) return core::unexpected(Malformed::length);
  const std::size_t t = core::load_be<std::uint32_t>(bytes.data());
  if (t < 1 || t > kMostParties || bytes.size() < 4 + kPointBytes * t) {
    return core::unexpected(Malformed::length);
  }
  const std::size_t lists = bytes.size() - 4 - kPointBytes * t;
  const std::size_t n = lists / kRecoveryEntryBytes;
  if (lists % kRecoveryEntryBytes != 0 || n < t || n > kMostParties) {
    return core::unexpected(Malformed::length);
  }
  Fields in(bytes.subspan(4));
  RecoveryParts parts;
  parts.agreement.params.t = static_cast<std::uint32_t>(t);
  parts.agreement.sum_commitments = in.points(t);
  parts.agreement.params.host_keys = in.arrays<kPointBytes>(n);
  parts.agreement.nonces = in.arrays<kPointBytes>(n);
  parts.agreement.sealed_sums = in.scalars(n);
  parts.certificate = in.rest();
  parts.agreed = bytes.first(bytes.size() - parts.certificate.size());
  return in.checked(std::move(parts));
}

}  // namespace tally::mpc
