// tally-sign dkg: a key that no machine ever holds, made by custodians who carry files.
#include <fmt/format.h>
#include <memory>

#include "ceremony.hpp"
#include "commands.hpp"
#include "core/file.hpp"
#include "core/hex.hpp"
#include "custody/group_file.hpp"
#include "custody/share_file.hpp"
#include "host_key.hpp"
#include "json/writer.hpp"

namespace tally::sign {
namespace {

struct DkgOptions {
  std::string folder;
  HostKeyOptions key;
  std::string out;
  std::vector<std::string> host_keys;
  std::int64_t threshold = 0;
  std::string name = "key";
  cli::ByteSize kdf_memory{custody::KdfParameters{}.memory_bytes};
  std::int64_t kdf_passes = custody::KdfParameters{}.passes;
};

// What a step gives: lines for people, one object for programs.
using Facts = std::vector<std::pair<const char*, std::string>>;
void say(cli::Invocation& call, const char* step, const Facts& facts) {
  if (!call.json) {
    for (const auto& [name, value] : facts) call.out.print("{:<12}{}\n", name, value);
    return;
  }
  json::Writer line;
  line.begin_object().field("schema", "tally.sign.dkg/1").field("step", step);
  for (const auto& [name, value] : facts) line.field(name, std::string_view(value));
  line.end_object();
  call.out.line(line.text());
}

Result<CeremonyFolder> open_folder(const DkgOptions& options) {
  if (options.folder.empty()) {
    return fail(Code::usage, "the ceremony's folder is needed", "give --dir DIR");
  }
  return CeremonyFolder::open(options.folder);
}

ByteArray<32> fresh_random() {
  ByteArray<32> random;
  core::random_bytes(random);
  return random;
}

Result<Code> make_key(const DkgOptions& options, cli::Invocation& call) {
  TALLY_CHECK(core::harden_process());
  if (options.out.empty()) {
    return fail(Code::usage, "a file for the key is needed", "give --out FILE");
  }
  const custody::KdfParameters kdf{options.kdf_memory.bytes,
                                   static_cast<std::uint32_t>(options.kdf_passes)};
  TALLY_CHECK(custody::check_kdf(kdf));
  TALLY_TRY(const auto passphrase,
            custody::read_passphrase(options.key.passphrase.source(call),
                                     "new passphrase for the host key", true));
  TALLY_TRY(auto secret, core::SecretBytes::allocate(32));
  core::random_bytes(secret.bytes());
  TALLY_TRY(const Bytes file, custody::seal_host_key(secret.bytes(), passphrase.bytes(), kdf));
  TALLY_CHECK(core::create_file(options.out, file, 0600));
  TALLY_TRY(const auto sealed, custody::parse_host_key(file));
  say(call, "key", {{"host_key", core::to_hex(sealed.pub)}});
  return Code::ok;
}

Result<Code> start(const DkgOptions& options, cli::Invocation& call) {
  if (options.folder.empty()) {
    return fail(Code::usage, "a folder for the ceremony is needed", "give --dir DIR");
  }
  mpc::DkgParams params;
  params.t = static_cast<std::uint32_t>(options.threshold);
  TALLY_TRY(params.host_keys, parse_host_keys(options.host_keys));
  TALLY_TRY(const auto folder, CeremonyFolder::create(options.folder, params));
  const auto hash = mpc::params_hash(folder.params());
  say(call, "start", {{"hash", core::to_hex(*hash)}});
  call.out.note("participants compare this hash by another way than this folder before they go on");
  return Code::ok;
}

Result<Code> contribute(const DkgOptions& options, cli::Invocation& call) {
  TALLY_TRY(const auto folder, open_folder(options));
  TALLY_TRY(const HostKey key, open_host_key(options.key, call));
  auto random = fresh_random();
  const auto participant = mpc::DkgParticipant::start(key.secret.bytes(), folder.params(), random);
  core::wipe(random);
  if (!participant) return fail(Error(participant.error()));
  const std::string name = fmt::format("contribution-{}", participant->id());
  TALLY_CHECK(folder.write(name, participant->contribution()));
  say(call, "contribute", {{"file", folder.path_of(name)}});
  return Code::ok;
}

Result<Code> collect(const DkgOptions& options, cli::Invocation& call) {
  TALLY_TRY(const auto folder, open_folder(options));
  TALLY_TRY(const auto contributions, folder.read_all("contribution"));
  const auto coordinator = mpc::DkgCoordinator::collect(folder.params(), contributions);
  if (!coordinator) return fail(Error(coordinator.error()));
  TALLY_CHECK(folder.write("collection", coordinator->collection()));
  say(call, "collect", {{"file", folder.path_of("collection")}});
  return Code::ok;
}

// Who dealt this party a wrong share, as far as the contributions in the folder tell.
Error name_the_dealer(const CeremonyFolder& folder, const mpc::DkgParticipant& participant,
                      const mpc::Failure& failure) {
  const auto contributions = folder.read_all("contribution");
  if (failure.fault != mpc::Fault::wrong_dealt_share || !contributions) return failure;
  const auto coordinator = mpc::DkgCoordinator::collect(folder.params(), *contributions);
  if (!coordinator) return failure;
  return participant.investigate(coordinator->investigation(participant.id()));
}

Result<Code> agree(const DkgOptions& options, cli::Invocation& call) {
  TALLY_TRY(const auto folder, open_folder(options));
  TALLY_TRY(const HostKey key, open_host_key(options.key, call));
  const auto id = folder.params().id_of(key.pub);
  if (!id) return fail(Error(mpc::Failure{mpc::Fault::unknown_host_key}));
  TALLY_TRY(const Bytes contribution, folder.read(fmt::format("contribution-{}", *id)));
  TALLY_TRY(const Bytes collection, folder.read("collection"));
  auto participant = mpc::DkgParticipant::resume(key.secret.bytes(), folder.params(), contribution);
  if (!participant) return fail(Error(participant.error()));
  TALLY_CHECK(record_use(options.key, contribution, collection));
  const auto signature = participant->agree(collection, fresh_random());
  if (!signature) return fail(name_the_dealer(folder, *participant, signature.error()));
  const std::string name = fmt::format("agreement-{}", *id);
  TALLY_CHECK(folder.write(name, *signature));
  say(call, "agree", {{"file", folder.path_of(name)}});
  return Code::ok;
}

Result<Code> certify(const DkgOptions& options, cli::Invocation& call) {
  TALLY_TRY(const auto folder, open_folder(options));
  TALLY_TRY(const auto contributions, folder.read_all("contribution"));
  TALLY_TRY(const auto agreements, folder.read_all("agreement"));
  const auto coordinator = mpc::DkgCoordinator::collect(folder.params(), contributions);
  if (!coordinator) return fail(Error(coordinator.error()));
  const auto result = coordinator->finish(agreements);
  if (!result) return fail(Error(result.error()));
  TALLY_CHECK(
      folder.write(options.name + ".group", core::as_bytes(custody::encode_group(result->group))));
  TALLY_CHECK(folder.write("recovery", result->recovery_data));
  say(call, "certify", {{"pubkey", core::to_hex(result->group.key().xonly())}});
  return Code::ok;
}

// Seals a recovered share under the passphrase of its host key.
Result<Code> write_share(const mpc::RecoveredKey& recovered, const HostKey& key,
                         const DkgOptions& options, const char* step, cli::Invocation& call) {
  if (options.out.empty()) {
    return fail(Code::usage, "a file for the share is needed", "give --out FILE");
  }
  TALLY_TRY(const Bytes file,
            custody::seal_share(*recovered.share, key.passphrase.bytes(), key.kdf));
  TALLY_CHECK(core::create_file(options.out, file, 0600));
  say(call, step,
      {{"key_id", core::to_hex(recovered.group.key_id())},
       {"epoch", std::to_string(recovered.group.epoch())}});
  return Code::ok;
}

Result<Code> finish(const DkgOptions& options, cli::Invocation& call) {
  TALLY_TRY(const auto folder, open_folder(options));
  TALLY_TRY(const HostKey key, open_host_key(options.key, call));
  TALLY_TRY(const Bytes recovery, folder.read("recovery"));
  const auto recovered = mpc::recover(recovery, key.secret.bytes());
  if (!recovered) return fail(Error(recovered.error()));
  if (recovered->params != folder.params()) {
    return fail(Code::protocol, "the result is of another ceremony than this folder's");
  }
  TALLY_TRY(const Code code, write_share(*recovered, key, options, "finish", call));
  call.out.note("keep the file recovery: with your host key it gives this share again");
  return code;
}

struct RecoverOptions {
  DkgOptions dkg;
  std::string recovery;
  std::string group;
};

Result<Code> recover(const RecoverOptions& options, cli::Invocation& call) {
  if (options.recovery.empty()) {
    return fail(Code::usage, "recovery data is needed", "give --recovery FILE");
  }
  TALLY_TRY(const std::string recovery, core::read_file(options.recovery));
  TALLY_TRY(const HostKey key, open_host_key(options.dkg.key, call));
  const auto recovered = mpc::recover(core::as_bytes(recovery), key.secret.bytes());
  if (!recovered) return fail(Error(recovered.error()).in(options.recovery));
  if (!options.group.empty()) {
    TALLY_TRY(const auto group, custody::read_group_file(options.group));
    if (group.key_id() != recovered->group.key_id()) {
      return fail(Code::bad_data, "the recovery data is of another key than the group file");
    }
    if (group.digest() != recovered->group.digest()) {
      return fail(Code::bad_data,
                  fmt::format("the recovered share is of epoch {} and the key is in epoch {}",
                              recovered->group.epoch(), group.epoch()),
                  "take the recovery data and host key of that epoch");
    }
  }
  return write_share(*recovered, key, options.dkg, "recover", call);
}

}  // namespace

void add_dkg(cli::App& app) {
  const auto options = std::make_shared<DkgOptions>();
  cli::Command& dkg = app.root().command(
      "dkg", "make a key that no machine ever holds, by files that custodians carry");
  const auto step = [&](const char* name, const char* help, auto run) -> cli::Command& {
    cli::Command& command = dkg.command(name, help);
    command.on_run([options, run](cli::Invocation& call) { return run(*options, call); });
    return command;
  };
  const auto folder = [&](cli::Command& command) {
    command.option("--dir", options->folder, "DIR", "folder of the ceremony",
                   {cli::Completion::Kind::folder, {}, {}});
  };
  const auto out = [&](cli::Command& command, const char* help) {
    command.option("--out", options->out, "FILE", help, {cli::Completion::Kind::file, {}, {}});
  };

  cli::Command& key = step("key", "first, each custodian: make a host key", make_key);
  out(key, "new file for the encrypted host key");
  add_passphrase_options(key, options->key.passphrase);
  key.option("--kdf-memory", options->kdf_memory,
             "memory that each guess at a passphrase costs, 64MiB to 1GiB");
  key.option("--kdf-passes", options->kdf_passes, "N", "passes over that memory", 2, 16);
  key.example("tally-sign dkg key --out me.host");

  cli::Command& begin = step("start", "then, the coordinator: open the ceremony's folder", start);
  folder(begin);
  begin.option("--threshold", options->threshold, "T", "parties that a signature takes", 1,
               mpc::kMostParties);
  begin.option("--host-key", options->host_keys, "HEX",
               "host public key of a participant; once for each, in the order of their numbers");
  begin.example(
      "tally-sign dkg start --dir ceremony --threshold 2 --host-key 02... --host-key 03...");

  cli::Command& first = step("contribute", "each custodian: the first message", contribute);
  folder(first);
  add_host_key_options(first, options->key);
  first.example("tally-sign dkg contribute --dir ceremony --key me.host");

  cli::Command& gather = step("collect", "the coordinator: answer the first messages", collect);
  folder(gather);
  gather.example("tally-sign dkg collect --dir ceremony");

  cli::Command& second =
      step("agree", "each custodian: check the own share and sign the result", agree);
  folder(second);
  add_host_key_options(second, options->key);
  second.example("tally-sign dkg agree --dir ceremony --key me.host");

  cli::Command& last = step("certify", "the coordinator: put the signatures together", certify);
  folder(last);
  last.option("--name", options->name, "NAME", "the group file is NAME.group");
  last.example("tally-sign dkg certify --dir ceremony");

  cli::Command& end = step("finish", "each custodian: write the own share", finish);
  folder(end);
  add_host_key_options(end, options->key);
  out(end, "new file for the share, under the passphrase of the host key");
  end.example("tally-sign dkg finish --dir ceremony --key me.host --out me.share");
}

void add_recover(cli::App& app) {
  const auto options = std::make_shared<RecoverOptions>();
  cli::Command& command =
      app.root().command("recover", "write a share again from recovery data and a host key");
  command.option("--recovery", options->recovery, "FILE", "the ceremony's file recovery",
                 {cli::Completion::Kind::file, {}, {}});
  command.option("--group", options->group, "FILE",
                 "group file of the key as it is now: a share of another epoch is refused",
                 {cli::Completion::Kind::file, {}, {}});
  add_host_key_options(command, options->dkg.key);
  command.option("--out", options->dkg.out, "FILE",
                 "new file for the share, under the passphrase of the host key",
                 {cli::Completion::Kind::file, {}, {}});
  command.example("tally-sign recover --recovery recovery --key me.host --out me.share");
  command.on_run([options](cli::Invocation& call) { return recover(*options, call); });
}

}  // namespace tally::sign
