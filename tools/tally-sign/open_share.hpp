// A party's share at the command line. Every command that signs or deals with one opens it here.
#pragma once

#include "cli/app.hpp"
#include "custody/share_file.hpp"
#include "mpc/share.hpp"
#include "options.hpp"

namespace tally::sign {

struct ShareOptions {
  std::string file;
  PassphraseOptions passphrase;
};
void add_share_options(cli::Command& command, ShareOptions& options);

// Asks for the passphrase of a share that was read from options.file; the process is hardened
// already. Errors: those of the passphrase and of custody/share_file.hpp.
[[nodiscard]] Result<mpc::Share> unlock_share(const custody::SealedShare& sealed,
                                              const ShareOptions& options,
                                              const cli::Invocation& call);

// Hardens the process first. Errors: those of the passphrase and of custody/share_file.hpp; usage
// without a file.
[[nodiscard]] Result<mpc::Share> open_share(const ShareOptions& options,
                                            const cli::Invocation& call);

// For commands whose safety lies in what stands beside the share: beside a link there would stand
// another. Errors: permission for a symbolic link.
[[nodiscard]] Status refuse_linked_share(const std::string& path);

// A share with what it takes to seal another in its place.
struct UnlockedShare {
  mpc::Share share;
  core::SecretBytes passphrase;
  custody::KdfParameters kdf;
};
// As open_share().
[[nodiscard]] Result<UnlockedShare> open_share_to_reseal(const ShareOptions& options,
                                                         const cli::Invocation& call);

}  // namespace tally::sign
