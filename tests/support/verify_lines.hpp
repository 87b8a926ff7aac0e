// Items for verifiers as lines of `tally-sign verify`.
#pragma once

#include <cstddef>
#include <string>

#include "core/hex.hpp"
#include "crypto/verify_item.hpp"

namespace tally::test {

// Of an ECDSA or a Schnorr signature, without the end of the line.
inline std::string line_of(const crypto::VerifyItem& item, std::size_t id, bool low_s = true) {
  const bool schnorr = item.scheme == crypto::Scheme::bip340;
  std::string line = "{\"id\":" + std::to_string(id) + ",\"scheme\":\"";
  line += schnorr ? "bip340" : "ecdsa";
  line += "\",\"pubkey\":\"" + core::to_hex(item.key) + "\",\"";
  line += schnorr ? "message" : "digest";
  line += "\":\"" + core::to_hex(item.message) + "\",\"sig\":\"" + core::to_hex(item.signature);
  line += "\"";
  if (!schnorr) line += ",\"format\":\"compact\"";
  if (!low_s) line += ",\"low_s\":false";
  return line + "}";
}

}  // namespace tally::test
