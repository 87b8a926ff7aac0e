// Small secrets at rest beside a share, such as the seed of a session that is carried on from
// files: sealed by XChaCha20-Poly1305 under a hash of the share and a purpose (key_beside of
// custody/pair_file.hpp), so that they take the share's passphrase to open and no second key
// derivation, and open beside no other share. What is sealed is 40 bytes longer. Any thread.
#pragma once

#include <optional>

#include "core/secret.hpp"
#include "mpc/share.hpp"

namespace tally::custody {

inline constexpr std::size_t kBesideOverheadBytes = 24 + 16;

// `about` is authenticated with it. Errors: os_failure.
[[nodiscard]] Result<Bytes> seal_beside(const mpc::Share& share, std::string_view purpose,
                                        ByteView about, ByteView plain);
// Nothing for what this share has not sealed for this purpose and about this. Errors: os_failure.
[[nodiscard]] Result<std::optional<core::SecretBytes>> open_beside(const mpc::Share& share,
                                                                   std::string_view purpose,
                                                                   ByteView about, ByteView sealed);

}  // namespace tally::custody
