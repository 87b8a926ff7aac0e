#include "custody/beside.hpp"

#include <sodium.h>

#include "custody/pair_file.hpp"

namespace tally::custody {
namespace {

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(kNonceBytes + crypto_aead_xchacha20poly1305_ietf_ABYTES == kBesideOverheadBytes);

}  // namespace

Result<Bytes> seal_beside(const mpc::Share& share, std::string_view purpose, ByteView about,
                          ByteView plain) {
  TALLY_TRY(const core::SecretBytes key, key_beside(share, purpose));
  Bytes sealed(plain.size() + kBesideOverheadBytes);
  core::random_bytes(MutableByteView(sealed).first(kNonceBytes));
  crypto_aead_xchacha20poly1305_ietf_encrypt(&sealed[kNonceBytes], nullptr, plain.data(),
                                             plain.size(), about.data(), about.size(), nullptr,
                                             sealed.data(), key.bytes().data());
  return sealed;
}

Result<std::optional<core::SecretBytes>> open_beside(const mpc::Share& share,
                                                     std::string_view purpose, ByteView about,
                                                     ByteView sealed) {
  std::optional<core::SecretBytes> plain;
  if (sealed.size() <= kBesideOverheadBytes) return plain;
  TALLY_TRY(const core::SecretBytes key, key_beside(share, purpose));
  TALLY_TRY(plain, core::SecretBytes::allocate(sealed.size() - kBesideOverheadBytes));
  const ByteView body = sealed.subspan(kNonceBytes);
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plain->bytes().data(), nullptr, nullptr, body.data(), body.size(), about.data(),
          about.size(), sealed.data(), key.bytes().data()) != 0) {
    plain.reset();
  }
  return plain;
}

}  // namespace tally::custody
