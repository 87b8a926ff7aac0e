// A group of valid points for tests that need no key behind them: party i holds the scalar i + 1.
#pragma once

#include <cstdlib>
#include <secp256k1.h>

#include "custody/group.hpp"

namespace tally::test {

inline custody::CompressedPoint point_of(std::uint8_t scalar) {
  static const secp256k1_context* const context = secp256k1_context_create(SECP256K1_CONTEXT_NONE);
  ByteArray<32> secret{};
  secret[31] = scalar;
  secp256k1_pubkey key;
  custody::CompressedPoint out{};
  std::size_t size = out.size();
  if (secp256k1_ec_pubkey_create(context, &key, secret.data()) != 1 ||
      secp256k1_ec_pubkey_serialize(context, out.data(), &size, &key, SECP256K1_EC_COMPRESSED) !=
          1) {
    std::abort();
  }
  return out;
}

inline custody::Group sample_group(std::uint16_t threshold = 2, std::uint16_t parties = 3) {
  custody::Group group;
  group.threshold = threshold;
  group.parties = parties;
  group.public_key = point_of(99);
  for (std::uint16_t i = 0; i < parties; ++i) {
    group.party_keys.push_back(point_of(static_cast<std::uint8_t>(i + 1)));
  }
  return group;
}

}  // namespace tally::test
