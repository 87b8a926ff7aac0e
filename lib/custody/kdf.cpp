#include "custody/kdf.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <sodium.h>

namespace tally::custody {
namespace {

static_assert(kSaltBytes == crypto_pwhash_argon2id_SALTBYTES);
constexpr char kContext[crypto_kdf_CONTEXTBYTES + 1] = "tallyshr";
constexpr std::uint64_t kAeadKeyNumber = 1;
constexpr std::uint64_t kCheckNumber = 2;

}  // namespace

Status check_kdf(const KdfParameters& parameters) {
  if (parameters.memory_bytes < kWeakestKdf.memory_bytes ||
      parameters.memory_bytes > kStrongestKdf.memory_bytes) {
    return fail(
        Code::bad_data,
        fmt::format("key derivation with {} bytes of memory is refused", parameters.memory_bytes),
        "64 MiB to 1 GiB are accepted");
  }
  if (parameters.passes < kWeakestKdf.passes || parameters.passes > kStrongestKdf.passes) {
    return fail(Code::bad_data,
                fmt::format("key derivation with {} passes is refused", parameters.passes),
                "2 to 16 passes are accepted");
  }
  return {};
}

Result<DerivedKeys> derive_keys(ByteView passphrase, const ByteArray<kSaltBytes>& salt,
                                const KdfParameters& parameters) {
  TALLY_CHECK(check_kdf(parameters));
  if (sodium_init() < 0) return fail(Code::internal, "libsodium does not start");
  TALLY_TRY(auto master, core::SecretBytes::allocate(crypto_kdf_KEYBYTES));
  DerivedKeys keys;
  TALLY_TRY(keys.aead_key,
            core::SecretBytes::allocate(crypto_aead_xchacha20poly1305_ietf_KEYBYTES));
  const int failed = crypto_pwhash_argon2id(
      master.bytes().data(), master.size(), core::as_text(passphrase).data(), passphrase.size(),
      salt.data(), parameters.passes, static_cast<std::size_t>(parameters.memory_bytes),
      crypto_pwhash_argon2id_ALG_ARGON2ID13);
  if (failed != 0) {
    return fail(
        os_error(Code::os_failure, "cannot derive a key from the passphrase", errno,
                 fmt::format("{} MiB of memory must be free", parameters.memory_bytes >> 20U)));
  }
  crypto_kdf_derive_from_key(keys.aead_key.bytes().data(), keys.aead_key.size(), kAeadKeyNumber,
                             kContext, master.bytes().data());
  crypto_kdf_derive_from_key(keys.check.data(), keys.check.size(), kCheckNumber, kContext,
                             master.bytes().data());
  return keys;
}

}  // namespace tally::custody
