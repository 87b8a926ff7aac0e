#include "host_key.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include "core/file.hpp"
#include "core/hex.hpp"
#include "crypto/sha256.hpp"

namespace tally::sign {

void add_host_key_options(cli::Command& command, HostKeyOptions& options) {
  command.option("--key", options.file, "FILE", "your host key, as tally-sign dkg key made it",
                 {cli::Completion::Kind::file, {}, {}});
  add_passphrase_options(command, options.passphrase);
}

Result<HostKey> open_host_key(const HostKeyOptions& options, const cli::Invocation& call) {
  TALLY_CHECK(core::harden_process());
  if (options.file.empty()) {
    return fail(Code::usage, "a host key is needed", "give --key FILE");
  }
  TALLY_TRY(const auto sealed, custody::read_host_file(options.file));
  TALLY_TRY(auto passphrase, custody::read_passphrase(options.passphrase.source(call),
                                                      "passphrase of the host key", false));
  auto secret = custody::open_host_key(sealed, passphrase.bytes());
  if (!secret) return fail(secret.error().in(options.file));
  return HostKey{std::move(*secret), std::move(passphrase), sealed.kdf, sealed.pub, options.file};
}

Result<std::vector<crypto::PointBytes>> parse_host_keys(const std::vector<std::string>& texts) {
  std::vector<crypto::PointBytes> keys;
  for (const std::string& hex : texts) {
    if (!core::from_hex_exact(hex, keys.emplace_back())) {
      return fail(Code::usage, fmt::format("'{}' is no host key", hex),
                  "a host key is 66 hex digits, as tally-sign dkg key prints it");
    }
  }
  return keys;
}

Status record_use(const HostKeyOptions& options, ByteView contribution, ByteView collection) {
  const std::string path = options.file + ".journal";
  const std::string mine = core::to_hex(crypto::Sha256::digest(contribution));
  const std::string line =
      fmt::format("{} {}\n", mine, core::to_hex(crypto::Sha256::digest(collection)));
  std::string journal;
  if (::access(path.c_str(), F_OK) == 0) {
    TALLY_TRY(journal, core::read_file(path));
  }
  const auto found = journal.find(mine + " ");
  if (found != std::string::npos) {
    if (journal.compare(found, line.size(), line) == 0) return {};
    return fail(Code::permission, "this contribution has met another collection before",
                "start a new ceremony: a contribution takes part in one key");
  }
  journal += line;
  return core::replace_file(path, core::as_bytes(journal), 0600);
}

}  // namespace tally::sign
