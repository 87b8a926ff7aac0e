// Options that several commands share, and what they mean.
#pragma once

#include <cstdint>
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

// What PartyOptions name. Errors: those of the group file; usage for addresses, and when fewer than
// the threshold are given.
struct PartySetup {
  mpc::GroupKey group;
  std::vector<std::string> paths;
  CoordinatorOptions options;
};
[[nodiscard]] Result<PartySetup> set_up_parties(const PartyOptions& options);

}  // namespace tally::sign
