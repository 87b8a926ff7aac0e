// tally-sign serve: the roles that run until told to stop.
#include "serve.hpp"

#include <fmt/format.h>
#include <memory>

#include "commands.hpp"

namespace tally::sign {
namespace {

Error misplaced(const char* option, const std::string& role) {
  return {Code::usage, fmt::format("{} is not for --role {}", option, role), {}, 0};
}

Result<Code> run(const ServeOptions& options, cli::Invocation& call) {
  if (options.role == "party") {
    if (!options.parties.group.empty()) return fail(misplaced("--group", options.role));
    if (!options.parties.parties.empty()) return fail(misplaced("--party", options.role));
    if (!options.from.empty()) return fail(misplaced("--from", options.role));
    if (!options.to.empty()) return fail(misplaced("--to", options.role));
    if (!options.scheme.hash.empty()) return fail(misplaced("--hash", options.role));
    if (options.scheme.path != SchemeOptions{}.path) return fail(misplaced("--path", options.role));
    return serve_party(options, call);
  }
  if (options.role == "coordinator") {
    if (!options.share.file.empty()) return fail(misplaced("--share", options.role));
    if (!options.listen.empty()) return fail(misplaced("--listen", options.role));
    if (!options.allow.empty()) return fail(misplaced("--allow", options.role));
    return serve_coordinator(options, call);
  }
  return fail(Code::usage, "a role is needed", "give --role party or --role coordinator");
}

}  // namespace

void add_serve(cli::App& app) {
  const auto options = std::make_shared<ServeOptions>();
  cli::Command& command =
      app.root().command("serve", "hold a share and sign with it, or coordinate those who do");
  command.choice("--role", options->role, {"party", "coordinator"},
                 "hold one share, or none and bring the parties together");
  add_scheme_options(command, options->scheme);
  command.option("--share", options->share.file, "FILE", "party: share file",
                 {cli::Completion::Kind::file, {}, {}});
  command.option("--listen", options->listen, "unix:PATH", "party: socket for coordinators");
  command.option(
      "--allow", options->allow, "RULE",
      "party: what to sign: any, digest, or prefix=HEX,max-bytes=N; rules are alternatives");
  command.choice("--self-check", options->self_check, {"on", "off"},
                 "party: verify each partial signature before it leaves");
  add_passphrase_options(command, options->share.passphrase);
  add_party_options(command, options->parties);
  command.option("--from", options->from, "ENDPOINT",
                 "coordinator: records to sign, shm:NAME or - for rec frames");
  command.option("--to", options->to, "ENDPOINT",
                 "coordinator: signed records, shm:NAME or - for rec frames");
  command.option("--window", options->window, "N", "coordinator: records in work at a time", 1,
                 4096);
  command.option("--stats", options->stats, "coordinator: a line of figures so often");
  command.option("--stats-out", options->stats_out, "FILE",
                 "coordinator: figures as one JSON object at the end",
                 {cli::Completion::Kind::file, {}, {}});
  command.example(
      "tally-sign serve --role party --share key-0.share --listen unix:run/0.sock --allow any");
  command.example(
      "tally-sign serve --role coordinator --group key.group --party unix:run/0.sock --party "
      "unix:run/1.sock --party unix:run/2.sock --from shm:requests --to shm:signed");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign
