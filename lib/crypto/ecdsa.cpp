#include "crypto/ecdsa.hpp"

#include <secp256k1.h>
#include <secp256k1_recovery.h>

#include "crypto/context.hpp"

namespace tally::crypto {
namespace {

bool parse_key(ByteView bytes, secp256k1_pubkey& key) {
  const bool compressed = bytes.size() == 33 && (bytes[0] == 2 || bytes[0] == 3);
  const bool uncompressed = bytes.size() == 65 && bytes[0] == 4;
  return (compressed || uncompressed) &&
         secp256k1_ec_pubkey_parse(context(), &key, bytes.data(), bytes.size()) == 1;
}

bool parse_signature(ByteView bytes, EcdsaFormat format, secp256k1_ecdsa_signature& signature) {
  // The library ends the process on a null pointer, and an empty view has one.
  if (bytes.empty()) return false;
  if (format == EcdsaFormat::der) {
    return secp256k1_ecdsa_signature_parse_der(context(), &signature, bytes.data(), bytes.size()) ==
           1;
  }
  return bytes.size() == 64 &&
         secp256k1_ecdsa_signature_parse_compact(context(), &signature, bytes.data()) == 1;
}

struct Parsed {
  secp256k1_pubkey key;
  secp256k1_ecdsa_signature signature;  // with the low s
};

EcdsaVerdict parse(ByteView public_key, ByteView digest, ByteView signature, EcdsaFormat format,
                   bool low_s, Parsed& parsed) {
  secp256k1_ecdsa_signature given;
  if (!parse_key(public_key, parsed.key)) return EcdsaVerdict::bad_public_key;
  if (digest.size() != 32) return EcdsaVerdict::bad_digest;
  if (!parse_signature(signature, format, given)) return EcdsaVerdict::malformed;
  const bool high = secp256k1_ecdsa_signature_normalize(context(), &parsed.signature, &given) == 1;
  return high && low_s ? EcdsaVerdict::high_s : EcdsaVerdict::valid;
}

}  // namespace

std::string_view to_text(EcdsaVerdict verdict) {
  switch (verdict) {
    case EcdsaVerdict::valid:
      return "valid";
    case EcdsaVerdict::bad_public_key:
      return "public key is malformed or not on the curve";
    case EcdsaVerdict::bad_digest:
      return "digest is not 32 bytes";
    case EcdsaVerdict::malformed:
      return "signature is malformed";
    case EcdsaVerdict::high_s:
      return "signature has a high s";
    case EcdsaVerdict::invalid:
      break;
  }
  return "signature does not verify";
}

EcdsaVerdict ecdsa_form(ByteView public_key, ByteView digest, ByteView signature,
                        EcdsaFormat format, bool low_s) {
  Parsed parsed;
  return parse(public_key, digest, signature, format, low_s, parsed);
}

EcdsaVerdict ecdsa_verify(ByteView public_key, ByteView digest, ByteView signature,
                          EcdsaFormat format, bool low_s) {
  Parsed parsed;
  const auto form = parse(public_key, digest, signature, format, low_s, parsed);
  if (form != EcdsaVerdict::valid) return form;
  return secp256k1_ecdsa_verify(context(), &parsed.signature, digest.data(), &parsed.key) == 1
             ? EcdsaVerdict::valid
             : EcdsaVerdict::invalid;
}

std::optional<ByteArray<64>> ecdsa_compact(ByteView der) {
  secp256k1_ecdsa_signature parsed;
  if (!parse_signature(der, EcdsaFormat::der, parsed)) return std::nullopt;
  ByteArray<64> compact;
  secp256k1_ecdsa_signature_serialize_compact(context(), compact.data(), &parsed);
  return compact;
}

std::optional<Point> ecdsa_recover(ByteView digest, ByteView signature, int recovery_id) {
  secp256k1_ecdsa_recoverable_signature parsed;
  secp256k1_pubkey key;
  if (digest.size() != 32 || signature.size() != 64 || recovery_id < 0 || recovery_id > 3 ||
      secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &parsed, signature.data(),
                                                          recovery_id) != 1 ||
      secp256k1_ecdsa_recover(context(), &key, &parsed, digest.data()) != 1) {
    return std::nullopt;
  }
  PointBytes compressed;
  std::size_t size = compressed.size();
  secp256k1_ec_pubkey_serialize(context(), compressed.data(), &size, &key, SECP256K1_EC_COMPRESSED);
  return Point::parse(compressed);
}

}  // namespace tally::crypto
