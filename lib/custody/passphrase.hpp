// Where passphrases come from: a private file, an inherited descriptor, or the terminal. Never the
// command line and never the environment, which other processes can read.
#pragma once

#include <string>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace tally::custody {

inline constexpr std::size_t kLongestPassphraseBytes = 1024;

struct PassphraseSource {
  std::string file;        // used when not empty; may belong to the owner only
  int fd = -1;             // else used when not negative
  bool may_prompt = true;  // else the terminal, when allowed
};

// One passphrase; a line end after it is cut. `prompt` is shown before it, without a colon; `twice`
// asks again and compares, for a passphrase that will protect something new.
// Errors: those of open_private_file; usage when there is no source or the two do not agree;
// bad_data for an empty one or more than kLongestPassphraseBytes; os_failure.
[[nodiscard]] Result<core::SecretBytes> read_passphrase(const PassphraseSource& source,
                                                        const std::string& prompt, bool twice);

}  // namespace tally::custody
