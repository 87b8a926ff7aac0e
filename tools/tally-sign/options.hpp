// Options that several commands share, and what they mean.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "coordinator.hpp"
#include "custody/passphrase.hpp"

namespace tally::sign {

struct PassphraseOptions {
  std::string file;
  std::int64_t fd = -1;

  [[nodiscard]] custody::PassphraseSource source(const cli::Invocation& call) const {
    return {file, static_cast<int>(fd), !call.no_input};
  }
};
void add_passphrase_options(cli::Command& command, PassphraseOptions& options);

// How a coordinator reaches its parties.
struct PartyOptions {
  std::string group;
  std::vector<std::string> parties;
  cli::Duration timeout{2'000'000'000};
};
void add_party_options(cli::Command& command, PartyOptions& options);

// Which signatures a coordinator asks for.
struct SchemeOptions {
  std::string scheme = "schnorr";
  std::string hash;
  std::string path = "m";
  std::int64_t presignatures = 64;
};
void add_scheme_options(cli::Command& command, SchemeOptions& options);

// One message to be signed.
void add_message_option(cli::Command& command, std::string& file);
// Of the file, or of standard input for - or none. Errors: those of core::read_file; bad_data for
// more than 64 KiB.
[[nodiscard]] Result<std::string> read_message(const std::string& file);

// The number of a party of a key of `parties`; nothing for any other text.
[[nodiscard]] std::optional<mpc::PartyId> parse_party(const std::string& text,
                                                      std::uint32_t parties);

// "m/44/0/7" or "44/0/7". Errors: usage.
[[nodiscard]] Result<std::vector<std::uint32_t>> parse_path(const std::string& text);

// What PartyOptions name. Errors: those of the group file; usage for addresses, and when fewer than
// the threshold are given.
struct PartySetup {
  mpc::GroupKey group;
  std::vector<std::string> paths;
  CoordinatorOptions options;
};
[[nodiscard]] Result<PartySetup> set_up_parties(const PartyOptions& options);

// The engine of the scheme, and the key in hexadecimal under which its signatures verify: x-only
// for Schnorr, compressed for ECDSA. With `raw_digest` records are digests, and no hash is asked
// for. Errors: usage for options that do not go together; those of EcdsaEngine::make.
struct Scheme {
  std::unique_ptr<Engine> engine;
  std::string pubkey;
};
[[nodiscard]] Result<Scheme> make_scheme(const PartySetup& setup, const SchemeOptions& options,
                                         bool raw_digest, cli::Output& words);

}  // namespace tally::sign
