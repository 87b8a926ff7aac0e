#include "options.hpp"

#include <charconv>
#include <fmt/format.h>
#include <unistd.h>

#include "core/file.hpp"
#include "core/hex.hpp"
#include "custody/group_file.hpp"
#include "ecdsa_engine.hpp"
#include "frost_engine.hpp"
#include "mpc/derive.hpp"
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

void add_scheme_options(cli::Command& command, SchemeOptions& options) {
  command.choice("--scheme", options.scheme, {"schnorr", "ecdsa"},
                 "BIP-340 signatures, or ECDSA of parties that were set up in pairs");
  command.choice("--hash", options.hash, {"sha256", "sha256d"},
                 "ecdsa: what is signed of a message, its SHA-256 or the SHA-256 of that");
  command.option("--path", options.path, "PATH",
                 "sign for the child of the key at this path, as derive has it");
  command.option("--presignatures", options.presignatures, "N",
                 "ecdsa: how many to make ahead, in the background", 1, 1024);
}

void add_message_option(cli::Command& command, std::string& file) {
  command.option("--message-file", file, "FILE", "the message, - for standard input (the default)",
                 {cli::Completion::Kind::file, {}, {}});
}

Result<std::string> read_message(const std::string& file) {
  if (!file.empty() && file != "-") return core::read_file(file, net::kMaxPayloadBytes);
  return core::read_fd(STDIN_FILENO, "standard input", net::kMaxPayloadBytes);
}

std::optional<mpc::PartyId> parse_party(const std::string& text, std::uint32_t parties) {
  mpc::PartyId party = 0;
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), party);
  const bool whole = error == std::errc{} && at == text.data() + text.size();
  return whole && party < parties ? std::optional(party) : std::nullopt;
}

Result<std::vector<std::uint32_t>> parse_path(const std::string& text) {
  std::vector<std::uint32_t> path;
  std::string_view rest = text;
  if (rest == "m") return path;
  if (rest.starts_with("m/")) rest.remove_prefix(2);
  for (;;) {
    const std::string_view level = rest.substr(0, rest.find('/'));
    std::uint32_t index = 0;
    const auto [at, error] = std::from_chars(level.data(), level.data() + level.size(), index);
    if (error != std::errc{} || at != level.data() + level.size()) {
      return fail(Code::usage, fmt::format("'{}' is no path of numbers", text),
                  "m/44/0/7, without hardened levels");
    }
    path.push_back(index);
    if (path.size() > mpc::kMostPathLevels) {
      return fail(Code::usage, fmt::format("a path has {} levels at most", mpc::kMostPathLevels));
    }
    if (level.size() == rest.size()) return path;
    rest.remove_prefix(level.size() + 1);
  }
}

Result<Scheme> make_scheme(const PartySetup& setup, const SchemeOptions& options, bool raw_digest,
                           cli::Output& words) {
  const auto notice = [&words](const std::string& line) { words.warning(line); };
  TALLY_TRY(const auto path, parse_path(options.path));
  if (options.scheme == "schnorr") {
    if (!options.hash.empty() || raw_digest) {
      return fail(Code::usage, "--hash and --digest are for --scheme ecdsa");
    }
    auto engine = std::make_unique<FrostEngine>(setup.group, setup.options.engine, notice);
    TALLY_CHECK(engine->sign_for(path));
    std::string pubkey = core::to_hex(engine->public_key());
    return Scheme{std::move(engine), std::move(pubkey)};
  }
  if (options.hash.empty() == !raw_digest) {
    return fail(Code::usage,
                raw_digest ? "a digest is signed as it is, without --hash"
                           : "ECDSA signs the hash of a message, and which one must be said",
                raw_digest ? "leave --hash away" : "give --hash sha256 or --hash sha256d");
  }
  EcdsaOptions ecdsa;
  ecdsa.raw_digest = raw_digest;
  ecdsa.digest =
      options.hash == "sha256d" ? mpc::DigestKind::double_sha256 : mpc::DigestKind::sha256;
  ecdsa.ahead = static_cast<std::size_t>(options.presignatures);
  ecdsa.path = path;
  TALLY_TRY(auto engine, EcdsaEngine::make(setup.group, setup.options.engine, ecdsa, notice));
  std::string pubkey = core::to_hex(engine->public_key().encode());
  return Scheme{std::move(engine), std::move(pubkey)};
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
