#include "mpc/transcript.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "core/secret.hpp"

namespace tally::mpc {
namespace {

constexpr std::string_view kPrefix = "tally/mpc/v1/";

crypto::Sha256 begin(std::string_view purpose) {
  std::array<char, 96> tag;
  const auto end = std::copy(kPrefix.begin(), kPrefix.end(), tag.begin());
  std::copy(purpose.begin(), purpose.end(), end);
  return crypto::Sha256::tagged({tag.data(), kPrefix.size() + purpose.size()});
}

}  // namespace

Transcript::Transcript(std::string_view purpose) : state_(begin(purpose)) {}

Transcript& Transcript::add(std::string_view label, ByteView part) {
  const ByteArray<1> label_bytes = {static_cast<std::uint8_t>(label.size())};
  ByteArray<4> part_bytes;
  core::store_be(part_bytes.data(), static_cast<std::uint32_t>(part.size()));
  state_.update(label_bytes).update(core::as_bytes(label)).update(part_bytes).update(part);
  return *this;
}

Transcript& Transcript::add(std::string_view label, std::uint32_t number) {
  ByteArray<4> bytes;
  core::store_be(bytes.data(), number);
  return add(label, bytes);
}

crypto::Scalar Transcript::finish_scalar() {
  auto digest = finish();
  const auto scalar = crypto::Scalar::from_bytes_reduced(digest);
  core::wipe(digest);
  return scalar;
}

}  // namespace tally::mpc
