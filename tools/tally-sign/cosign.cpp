// tally-sign cosign: one message signed by custodians who carry files.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "commands.hpp"
#include "core/hex.hpp"
#include "cosigning.hpp"
#include "custody/group_file.hpp"
#include "open_share.hpp"
#include "record_sink.hpp"
#include "steps.hpp"

namespace tally::sign {
namespace {

struct CosignOptions {
  std::string folder;
  std::string group;
  ShareOptions share;
  std::vector<std::string> with;
  std::string message_file;
  std::string path = "m";
  bool anew = false;
};

// This party and those of --with.
Result<std::vector<mpc::PartyId>> parse_signers(const CosignOptions& options,
                                                const mpc::Share& share) {
  const mpc::GroupKey& group = share.group();
  std::vector<mpc::PartyId> signers{share.id()};
  for (const std::string& text : options.with) {
    const auto party = parse_party(text, group.parties());
    if (!party || std::ranges::find(signers, *party) != signers.end()) {
      return fail(Code::usage, fmt::format("--with {}: no other party of this key", text));
    }
    signers.push_back(*party);
  }
  if (signers.size() < group.threshold()) {
    return fail(
        Code::usage,
        fmt::format("{} parties sign and the key needs {}", signers.size(), group.threshold()),
        "give --with N for each other party that signs");
  }
  return signers;
}

// As sign gives it, or a line for people.
Status print_signature(const mpc::Signature& signature, const mpc::SigningRounds& rounds,
                       cli::Invocation& call) {
  const std::string pubkey = core::to_hex(rounds.public_key());
  if (!call.json) {
    call.out.print("{:<12}{}\n{:<12}{}\n", "public key", pubkey, "signature",
                   core::to_hex(signature));
    return {};
  }
  SignedRecord signed_record;
  signed_record.record.sequence = 1;
  signed_record.signature = signature;
  signed_record.parties = rounds.terms().signers;
  JsonSink sink(call.out, pubkey);
  TALLY_CHECK(sink.try_publish(signed_record));
  return {};
}

Result<Code> combine(const CosignOptions& options, cli::Invocation& call) {
  if (!options.with.empty() || options.anew || options.path != "m") {
    return fail(Code::usage, "--with, --path and --anew are for signers, with --share");
  }
  TALLY_TRY(const auto group, custody::read_group_file(options.group));
  TALLY_TRY(const std::string message, read_message(options.message_file));
  TALLY_TRY(const auto rounds, read_rounds(options.folder, group, core::as_bytes(message)));
  TALLY_TRY(const auto signature, combine_files(options.folder, group, rounds));
  TALLY_CHECK(print_signature(signature, rounds, call));
  return Code::ok;
}

Result<Code> sign(const CosignOptions& options, cli::Invocation& call) {
  TALLY_TRY(const auto path, parse_path(options.path));
  TALLY_CHECK(refuse_linked_share(options.share.file));
  TALLY_TRY(const mpc::Share share, open_share(options.share, call));
  TALLY_TRY(const auto signers, parse_signers(options, share));
  TALLY_TRY(const std::string message, read_message(options.message_file));
  const auto rounds =
      mpc::SigningRounds::make(share.group(), signers, path, core::as_bytes(message));
  if (!rounds) return fail(Error(rounds.error()));
  TALLY_CHECK(make_folder(options.folder));
  TALLY_TRY(auto session,
            Cosigning::open(options.share.file, share, options.folder, *rounds, options.anew));
  bool advanced = false;
  TALLY_TRY(const auto awaited, session.go_on([&](const char* step, const std::string& file) {
    say_step(call, "tally.sign.cosign/1", step, file);
    advanced = true;
  }));
  if (awaited) {
    return wait_for(session.path_of(awaited->step, awaited->party), advanced,
                    fmt::format("party {} makes it by the same command", awaited->party), call);
  }
  TALLY_CHECK(print_signature(session.signature(), *rounds, call));
  // What could be sent again goes only when the signature has got out.
  TALLY_CHECK(call.out.flush());
  TALLY_CHECK(session.end());
  return Code::ok;
}

Result<Code> run(const CosignOptions& options, cli::Invocation& call) {
  TALLY_CHECK(need_folder(options.folder));
  if (options.group.empty()) return sign(options, call);
  if (!options.share.file.empty()) {
    return fail(Code::usage, "--group is for those who hold no share",
                "give --share to sign, --group to put the signature together");
  }
  return combine(options, call);
}

}  // namespace

void add_cosign(cli::App& app) {
  const auto options = std::make_shared<CosignOptions>();
  cli::Command& command = app.root().command(
      "cosign", "sign one message with other custodians, by files that they carry");
  command.option("--dir", options->folder, "DIR", "folder for the messages, the same for all",
                 {cli::Completion::Kind::folder, {}, {}});
  add_share_options(command, options->share);
  command.option("--with", options->with, "N",
                 "another party that signs; once for each, at least up to the threshold");
  add_message_option(command, options->message_file);
  command.option("--path", options->path, "PATH",
                 "sign for the child of the key at this path, as derive has it");
  command.flag("--anew", options->anew,
               "give up what was begun for this message, and begin again in a new folder");
  command.option("--group", options->group, "FILE",
                 "group file of the key: put the signature together, without a share",
                 {cli::Completion::Kind::file, {}, {}});
  command.example(
      "tally-sign cosign --dir release --share key-0.share --with 2 --message-file release.txt");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign
