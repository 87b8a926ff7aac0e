// tally-sign inspect: what a share or group file says about itself.
#include <fmt/format.h>
#include <memory>

#include "commands.hpp"
#include "core/file.hpp"
#include "core/hex.hpp"
#include "custody/group_file.hpp"
#include "custody/private_file.hpp"
#include "custody/share_file.hpp"
#include "json/writer.hpp"
#include "open_share.hpp"

namespace tally::sign {
namespace {

struct InspectOptions {
  ShareOptions share;  // or the file of a group
  bool check = false;
};

void print_group(const mpc::GroupKey& group, const custody::ShareFacts* share,
                 cli::Invocation& call) {
  call.out.print("key id      {}\nepoch       {}\nquorum      {} of {}\n",
                 core::to_hex(group.key_id()), group.epoch(), group.threshold(), group.parties());
  call.out.print("public key  {} (BIP-340, x-only)\n            {} (SEC1, compressed)\n",
                 core::to_hex(group.key().xonly()), core::to_hex(group.key().encode()));
  if (share != nullptr) {
    call.out.print("party       {}\n", share->party);
    call.out.print("encryption  XChaCha20-Poly1305, Argon2id with {} MiB and {} passes\n",
                   share->kdf.memory_bytes >> 20U, share->kdf.passes);
    return;
  }
  for (std::size_t party = 0; party < group.parties(); ++party) {
    call.out.print("party {:<4}  {}\n", party, core::to_hex(group.pubshares()[party].encode()));
  }
}

void print_json(const mpc::GroupKey& group, const custody::ShareFacts* share, bool checked,
                cli::Invocation& call) {
  const auto hex = [](const auto& bytes) { return core::to_hex(bytes); };
  json::Writer line;
  line.begin_object().field("schema", "tally.sign.inspect/1");
  line.field("kind", share != nullptr ? "share" : "group");
  line.field("key_id", std::string_view(hex(group.key_id())));
  line.field("epoch", group.epoch())
      .field("chain_code", std::string_view(hex(group.facts().chain_code)));
  line.field("threshold", group.threshold()).field("parties", group.parties());
  line.field("pubkey", std::string_view(hex(group.key().xonly())));
  line.field("pubkey_compressed", std::string_view(hex(group.key().encode())));
  if (share != nullptr) {
    line.field("party", share->party).field("kdf", "argon2id");
    line.field("kdf_memory_bytes", share->kdf.memory_bytes).field("kdf_passes", share->kdf.passes);
    line.field("checked", checked);
  } else {
    line.key("pubshares").begin_array();
    for (const auto& point : group.pubshares()) line.value(std::string_view(hex(point.encode())));
    line.end_array();
  }
  line.end_object();
  call.out.line(line.text());
}

Result<Code> inspect_share(const InspectOptions& options, cli::Invocation& call) {
  if (options.check) TALLY_CHECK(core::harden_process());
  TALLY_TRY(const auto sealed, custody::read_share_file(options.share.file));
  if (options.check) TALLY_CHECK(unlock_share(sealed, options.share, call));
  if (call.json) {
    print_json(sealed.facts.group, &sealed.facts, options.check, call);
    return Code::ok;
  }
  print_group(sealed.facts.group, &sealed.facts, call);
  call.out.line(options.check ? "share       opens, and fits its public share"
                              : "share       not opened; --check asks for the passphrase");
  return Code::ok;
}

Result<Code> run(const InspectOptions& options, cli::Invocation& call) {
  TALLY_TRY(const std::string content,
            core::read_file(options.share.file, custody::kLargestShareFileBytes));
  if (!custody::looks_like_group(content)) return inspect_share(options, call);
  TALLY_TRY(const auto group, custody::read_group_file(options.share.file));
  if (call.json) {
    print_json(group, nullptr, false, call);
  } else {
    print_group(group, nullptr, call);
  }
  return Code::ok;
}

}  // namespace

void add_inspect(cli::App& app) {
  const auto options = std::make_shared<InspectOptions>();
  cli::Command& command =
      app.root().command("inspect", "show the public facts of a share or group file");
  command.argument("FILE", options->share.file, "share or group file", true,
                   {cli::Completion::Kind::file, {}, {}});
  command.flag("--check", options->check, "open the share, and compare it with its public share");
  add_passphrase_options(command, options->share.passphrase);
  command.example("tally-sign inspect --check keys/key-0.share");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign
