#include "custody/host_file.hpp"

#include <algorithm>
#include <sodium.h>

#include "core/crc32c.hpp"
#include "core/endian.hpp"
#include "custody/private_file.hpp"

namespace tally::custody {
namespace {

constexpr std::string_view kMagic = "TALLYHST";
constexpr std::uint16_t kVersion = 1;
constexpr std::uint16_t kArgon2id = 1;
constexpr std::size_t kSaltAt = 24;
constexpr std::size_t kNonceAt = 40;
constexpr std::size_t kCheckAt = 64;
constexpr std::size_t kPublicAt = 96;
constexpr std::size_t kSealedAt = 129;
constexpr std::size_t kSecretBytes = 32;
constexpr std::size_t kCrcAt = kHostFileBytes - 4;

template <std::size_t N>
ByteArray<N> take(ByteView file, std::size_t at) {
  ByteArray<N> out;
  std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(at), N, out.begin());
  return out;
}

Error damaged(const std::string& what) {
  return {Code::bad_data, "host key file " + what, "copy it again from its backup", 0};
}

}  // namespace

Result<Bytes> seal_host_key(ByteView secret, ByteView passphrase, const KdfParameters& kdf) {
  TALLY_TRY(const mpc::HostKey key, mpc::host_key(secret));
  ByteArray<kSaltBytes> salt;
  core::random_bytes(salt);
  TALLY_TRY(const DerivedKeys keys, derive_keys(passphrase, salt, kdf));
  Bytes file(kHostFileBytes);
  std::copy(kMagic.begin(), kMagic.end(), file.begin());
  core::store_le(&file[8], kVersion);
  core::store_le(&file[10], kArgon2id);
  core::store_le(&file[12], kdf.passes);
  core::store_le(&file[16], kdf.memory_bytes);
  std::copy(salt.begin(), salt.end(), file.begin() + kSaltAt);
  core::random_bytes(MutableByteView(file).subspan(kNonceAt, 24));
  std::copy(keys.check.begin(), keys.check.end(), file.begin() + kCheckAt);
  std::copy(key.pub.begin(), key.pub.end(), file.begin() + kPublicAt);
  crypto_aead_xchacha20poly1305_ietf_encrypt(&file[kSealedAt], nullptr, secret.data(),
                                             secret.size(), file.data(), kSealedAt, nullptr,
                                             &file[kNonceAt], keys.aead_key.bytes().data());
  core::store_le(&file[kCrcAt], core::crc32c(ByteView(file).first(kCrcAt)));
  return file;
}

Result<SealedHostKey> parse_host_key(ByteView file) {
  if (!core::as_text(file).starts_with(kMagic)) {
    return fail(Code::bad_data, "not a host key file", "tally-sign dkg key makes one");
  }
  if (file.size() != kHostFileBytes) return fail(damaged("has the wrong length"));
  if (core::load_le<std::uint16_t>(&file[8]) != kVersion ||
      core::load_le<std::uint16_t>(&file[10]) != kArgon2id) {
    return fail(Code::bad_data, "host key file of another version", "this program reads version 1");
  }
  if (core::crc32c(file.first(kCrcAt)) != core::load_le<std::uint32_t>(&file[kCrcAt])) {
    return fail(damaged("is damaged: its checksum does not match"));
  }
  SealedHostKey out{
      take<33>(file, kPublicAt),
      {core::load_le<std::uint64_t>(&file[16]), core::load_le<std::uint32_t>(&file[12])},
      take<kHostFileBytes>(file, 0)};
  TALLY_CHECK(check_kdf(out.kdf));
  return out;
}

Result<core::SecretBytes> open_host_key(const SealedHostKey& sealed, ByteView passphrase) {
  const ByteView file = sealed.file;
  TALLY_TRY(const DerivedKeys keys,
            derive_keys(passphrase, take<kSaltBytes>(file, kSaltAt), sealed.kdf));
  if (!core::equal_constant_time(keys.check, file.subspan(kCheckAt, 32))) {
    return fail(Code::permission, "wrong passphrase, or the file was changed");
  }
  TALLY_TRY(auto secret, core::SecretBytes::allocate(kSecretBytes));
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      secret.bytes().data(), nullptr, nullptr, &file[kSealedAt], kCrcAt - kSealedAt, file.data(),
      kSealedAt, &file[kNonceAt], keys.aead_key.bytes().data());
  if (failed != 0) return fail(damaged("was changed: the passphrase is right and the rest is not"));
  TALLY_TRY(const mpc::HostKey key, mpc::host_key(secret.bytes()));
  if (key.pub != sealed.pub)
    return fail(damaged("was changed: it holds another key than it names"));
  return secret;
}

Result<SealedHostKey> read_host_file(const std::string& path) {
  TALLY_TRY(const std::string content, read_private_file(path, kHostFileBytes + 1));
  auto key = parse_host_key(core::as_bytes(content));
  if (!key) return fail(key.error().in(path));
  return key;
}

}  // namespace tally::custody
