#include "open_share.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include "core/secret.hpp"

namespace tally::sign {

void add_share_options(cli::Command& command, ShareOptions& options) {
  command.option("--share", options.file, "FILE", "share file",
                 {cli::Completion::Kind::file, {}, {}});
  add_passphrase_options(command, options.passphrase);
}

namespace {

Result<UnlockedShare> unlock(const custody::SealedShare& sealed, const ShareOptions& options,
                             const cli::Invocation& call) {
  TALLY_TRY(auto passphrase, custody::read_passphrase(
                                 options.passphrase.source(call),
                                 fmt::format("passphrase of party {}", sealed.facts.party), false));
  auto share = custody::open_share(sealed, passphrase.bytes());
  if (!share) return fail(share.error().in(options.file));
  return UnlockedShare{std::move(*share), std::move(passphrase), sealed.facts.kdf};
}

}  // namespace

Result<mpc::Share> unlock_share(const custody::SealedShare& sealed, const ShareOptions& options,
                                const cli::Invocation& call) {
  TALLY_TRY(auto unlocked, unlock(sealed, options, call));
  return std::move(unlocked.share);
}

Result<UnlockedShare> open_share_to_reseal(const ShareOptions& options,
                                           const cli::Invocation& call) {
  TALLY_CHECK(core::harden_process());
  if (options.file.empty()) return fail(Code::usage, "a share is needed", "give --share FILE");
  TALLY_TRY(const auto sealed, custody::read_share_file(options.file));
  return unlock(sealed, options, call);
}

Status refuse_linked_share(const std::string& path) {
  struct stat about {};
  if (::lstat(path.c_str(), &about) != 0 || !S_ISLNK(about.st_mode)) return {};
  return fail(Code::permission, path + " is a symbolic link", "name the share file itself");
}

Result<mpc::Share> open_share(const ShareOptions& options, const cli::Invocation& call) {
  TALLY_TRY(auto unlocked, open_share_to_reseal(options, call));
  return std::move(unlocked.share);
}

}  // namespace tally::sign
