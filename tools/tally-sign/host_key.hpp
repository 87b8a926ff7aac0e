// A custodian's host key at the command line, and the record of what it signed.
#pragma once

#include "cli/app.hpp"
#include "custody/host_file.hpp"
#include "options.hpp"

namespace tally::sign {

struct HostKeyOptions {
  std::string file;
  PassphraseOptions passphrase;
};
void add_host_key_options(cli::Command& command, HostKeyOptions& options);

// An opened host key, with the passphrase it opened with, under which its share is sealed as well.
struct HostKey {
  core::SecretBytes secret;
  core::SecretBytes passphrase;
  custody::KdfParameters kdf;
  crypto::PointBytes pub{};
  std::string file;  // where it lies, with the records of its uses beside it
};
// Hardens the process first. Errors: those of the passphrase and of custody/host_file.hpp; usage
// without a file.
[[nodiscard]] Result<HostKey> open_host_key(const HostKeyOptions& options,
                                            const cli::Invocation& call);

// Host public keys in hexadecimal. Errors: usage.
[[nodiscard]] Result<std::vector<crypto::PointBytes>> parse_host_keys(
    const std::vector<std::string>& texts);

// Writes into FILE.journal, before anything is signed, that this contribution meets this
// collection, and syncs it. The same pair again is fine and another collection is refused, whatever
// copies of the ceremony's folder there are: a contribution takes part in one key. Errors:
// permission when refused; those of files.
[[nodiscard]] Status record_use(const HostKeyOptions& options, ByteView contribution,
                                ByteView collection);

}  // namespace tally::sign
