#include "crypto/hmac_drbg.hpp"

#include <algorithm>

namespace tally::crypto {
namespace {

bool any_bytes(HmacDrbg::Parts parts) {
  return std::any_of(parts.begin(), parts.end(), [](ByteView part) { return !part.empty(); });
}

}  // namespace

HmacDrbg::HmacDrbg(Parts seed) : key_(ByteArray<32>{}) {
  value_.fill(1);
  update(seed);
}

// V = HMAC(K, V).
void HmacDrbg::step() {
  Sha256 message = key_.begin();
  message.update(value_);
  auto next = key_.finish(message);
  value_ = next;
  core::wipe(next);
}

// K = HMAC(K, V || round || data).
void HmacDrbg::replace_key(std::uint8_t round, Parts data) {
  Sha256 message = key_.begin();
  message.update(value_).update({&round, 1});
  for (const ByteView part : data) message.update(part);
  auto key = key_.finish(message);
  key_ = HmacSha256(key);
  core::wipe(key);
}

void HmacDrbg::update(Parts data) {
  replace_key(0, data);
  step();
  if (!any_bytes(data)) return;
  replace_key(1, data);
  step();
}

void HmacDrbg::generate(MutableByteView out, Parts additional) {
  if (any_bytes(additional)) update(additional);
  while (!out.empty()) {
    step();
    const std::size_t count = std::min(out.size(), value_.size());
    std::copy_n(value_.begin(), count, out.begin());
    out = out.subspan(count);
  }
  update(additional);
}

}  // namespace tally::crypto
