#include "options.hpp"

#include <fmt/format.h>

#include "custody/group_file.hpp"
#include "unix_socket.hpp"

namespace tally::sign {

void add_passphrase_options(cli::Command& command, PassphraseOptions& options) {
  command.option("--passphrase-file", options.file, "FILE",
                 "read the passphrase from a file that is yours alone",
                 {cli::Completion::Kind::file, {}, {}});
  command.option("--passphrase-fd", options.fd, "N",
                 "read the passphrase from an open descriptor, -1 for none", -1, 1023);
}

void add_party_options(cli::Command& command, PartyOptions& options) {
  command.option("--group", options.group, "FILE", "group file of the key",
                 {cli::Completion::Kind::file, {}, {}});
  command.option("--party", options.parties, "unix:PATH",
                 "socket of a party; once for each, at least as many as the threshold");
  command.option("--party-timeout", options.timeout,
                 "leave out a party that is silent for so long; give up after it when too few are "
                 "left");
}

Result<PartySetup> set_up_parties(const PartyOptions& options) {
  if (options.group.empty()) {
    return fail(Code::usage, "a group file is needed", "give --group FILE");
  }
  TALLY_TRY(auto group, custody::read_group_file(options.group));
  PartySetup setup{std::move(group), {}, {}};
  for (const std::string& address : options.parties) {
    TALLY_TRY(setup.paths.emplace_back(), parse_unix_address(address));
  }
  if (setup.paths.size() < setup.group.threshold()) {
    return fail(Code::usage,
                fmt::format("{} parties are given and the key needs {}", setup.paths.size(),
                            setup.group.threshold()),
                "give --party unix:PATH for each party");
  }
  setup.options.engine.party_timeout_ns = options.timeout.ns;
  return setup;
}

}  // namespace tally::sign
