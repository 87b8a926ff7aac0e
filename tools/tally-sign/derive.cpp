// tally-sign derive: the public key of a child.
#include "mpc/derive.hpp"

#include <fmt/format.h>
#include <memory>

#include "commands.hpp"
#include "core/hex.hpp"
#include "custody/group_file.hpp"
#include "json/writer.hpp"
#include "options.hpp"

namespace tally::sign {
namespace {

struct DeriveOptions {
  std::string group;
  std::string path;
};

Result<Code> run(const DeriveOptions& options, cli::Invocation& call) {
  if (options.group.empty()) {
    return fail(Code::usage, "a group file is needed", "give --group FILE");
  }
  TALLY_TRY(const auto path, parse_path(options.path));
  TALLY_TRY(const auto group, custody::read_group_file(options.group));
  const auto derived = mpc::derive(group, path);
  if (!derived) return fail(Error(derived.error()));
  const std::string xonly = core::to_hex(derived->key.xonly());
  const std::string compressed = core::to_hex(derived->key.encode());
  const std::string chain = core::to_hex(derived->chain_code);
  const std::string tweak = core::to_hex(derived->tweak_bytes());
  if (!call.json) {
    call.out.print("public key  {} (BIP-340, x-only)\n            {} (SEC1, compressed)\n", xonly,
                   compressed);
    call.out.print("chain code  {}\ntweak       {}\n", chain, tweak);
    return Code::ok;
  }
  json::Writer line;
  line.begin_object().field("schema", "tally.sign.derive/1");
  line.field("path", std::string_view(options.path)).field("pubkey", std::string_view(xonly));
  line.field("pubkey_compressed", std::string_view(compressed));
  line.field("chain_code", std::string_view(chain)).field("tweak", std::string_view(tweak));
  line.end_object();
  call.out.line(line.text());
  return Code::ok;
}

}  // namespace

void add_derive(cli::App& app) {
  const auto options = std::make_shared<DeriveOptions>();
  cli::Command& command =
      app.root().command("derive", "print the public key of a child, after BIP-32");
  command.option("--group", options->group, "FILE", "group file of the key",
                 {cli::Completion::Kind::file, {}, {}});
  command.argument("PATH", options->path, "numbers between slashes, none of them hardened");
  command.example("tally-sign derive --group key.group m/44/0/7");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign
