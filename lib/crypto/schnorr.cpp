#include "crypto/schnorr.hpp"

#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>

#include "crypto/context.hpp"
#include "crypto/ctime.hpp"

namespace tally::crypto {
namespace {

// A key pair of libsecp256k1 that is wiped when it goes.
struct KeyPair {
  secp256k1_keypair pair{};
  KeyPair() = default;
  KeyPair(const KeyPair&) = delete;
  KeyPair& operator=(const KeyPair&) = delete;
  ~KeyPair() { core::wipe(&pair, sizeof pair); }
};

bool make_key_pair(KeyPair& keys, const SecretScalar& key) {
  ByteArray<32> bytes;
  key.value().encode_to(bytes);
  const bool made = secp256k1_keypair_create(context(), &keys.pair, bytes.data()) == 1;
  core::wipe(bytes);
  return declassified(made);  // not made only of zero
}

}  // namespace

bool schnorr_verify(ByteView signature, ByteView message, ByteView xonly_key) {
  if (signature.size() != 64 || xonly_key.size() != 32) return false;
  secp256k1_xonly_pubkey key;
  if (secp256k1_xonly_pubkey_parse(context(), &key, xonly_key.data()) != 1) return false;
  return secp256k1_schnorrsig_verify(context(), signature.data(), message.data(), message.size(),
                                     &key) == 1;
}

Result<SchnorrSignature> schnorr_sign(const SecretScalar& key, ByteView message,
                                      ByteView aux_random) {
  KeyPair keys;
  if (!make_key_pair(keys, key)) return fail(Code::bad_data, "the secret key is zero");
  ByteArray<32> aux;
  std::copy_n(aux_random.begin(), aux.size(), aux.begin());
  secp256k1_schnorrsig_extraparams parameters = SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT;
  parameters.ndata = aux.data();
  SchnorrSignature signature;
  secp256k1_xonly_pubkey verify_with;
  // The signature and the public key are public, and that they could be made.
  const bool made =
      declassified(secp256k1_schnorrsig_sign_custom(context(), signature.data(), message.data(),
                                                    message.size(), &keys.pair, &parameters)) ==
          1 &&
      declassified(secp256k1_keypair_xonly_pub(context(), &verify_with, nullptr, &keys.pair)) == 1;
  core::wipe(aux);
  declassify(signature.data(), signature.size());
  declassify(&verify_with, sizeof verify_with);
  if (!made || secp256k1_schnorrsig_verify(context(), signature.data(), message.data(),
                                           message.size(), &verify_with) != 1)
    return fail(Code::internal, "a fresh signature does not verify");
  return signature;
}

}  // namespace tally::crypto
