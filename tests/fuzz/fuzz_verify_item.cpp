// Any bytes as an item: every backend says of it what libsecp256k1 says, alone and among others.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "crypto/verify_backend.hpp"

// The first byte is the scheme, the second low_s and the threshold, the third and fourth the
// lengths of key and signature; the rest is key, signature, message.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tally;
  if (size < 4) return 0;
  const ByteView rest(data + 4, size - 4);
  const std::size_t key_bytes = std::min<std::size_t>(data[2], rest.size());
  const std::size_t signature_bytes = std::min<std::size_t>(data[3], rest.size() - key_bytes);
  crypto::VerifyItem item;
  item.scheme = static_cast<crypto::Scheme>(data[0] % 5);
  item.low_s = data[1] % 2 == 0;
  item.threshold = static_cast<std::uint16_t>(data[1] / 2);
  item.key = rest.first(key_bytes);
  item.signature = rest.subspan(key_bytes, signature_bytes);
  item.message = rest.subspan(key_bytes + signature_bytes);
  const auto right = crypto::verify_singly_var(item);
  static const auto kPortable = crypto::make_backend(crypto::BackendKind::portable);
  static const auto kFastest = crypto::make_backend(crypto::BackendKind::automatic);
  const std::array items = {item, item, item};
  for (auto* const backend : {kPortable.get(), kFastest.get()}) {
    std::array<crypto::Verdict, 3> verdicts{};
    backend->verify_var(items, verdicts);
    for (const auto verdict : verdicts) {
      if (verdict != right) std::abort();
    }
  }
  return 0;
}
