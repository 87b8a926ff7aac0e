// tally-sign sign: what is on standard input, signed by a quorum.
#include <fmt/format.h>
#include <memory>
#include <unistd.h>

#include "commands.hpp"
#include "core/hex.hpp"
#include "core/stop.hpp"
#include "options.hpp"

namespace tally::sign {
namespace {

struct SignOptions {
  PartyOptions parties;
  SchemeOptions scheme;
  std::string digest;
  std::string message_file;
  std::string from_frame;
  bool records = false;
};

Result<std::unique_ptr<RecordSource>> open_source(const SignOptions& options) {
  if (!options.digest.empty()) {
    ByteArray<32> digest{};
    if (options.records || !options.from_frame.empty() || !options.message_file.empty()) {
      return fail(Code::usage, "--digest is all that is signed, without records or a message");
    }
    if (!core::from_hex_exact(options.digest, digest)) {
      return fail(Code::usage, "--digest takes 32 bytes in hexadecimal");
    }
    return std::make_unique<SingleSource>(std::string(core::as_text(digest)));
  }
  if (!options.from_frame.empty() || options.records) {
    if (!options.message_file.empty()) {
      return fail(Code::usage,
                  "--message-file is one message, --from-frame and --records are many");
    }
    auto framing = net::Framing::rec;
    if (!options.from_frame.empty()) {
      TALLY_TRY(framing, net::parse_framing(options.from_frame));
    }
    return std::make_unique<StreamSource>(STDIN_FILENO, framing);
  }
  TALLY_TRY(std::string message, read_message(options.message_file));
  return std::make_unique<SingleSource>(std::move(message));
}

Result<std::unique_ptr<RecordSink>> open_sink(const std::string& pubkey, cli::Invocation& call) {
  if (call.json) return std::make_unique<JsonSink>(call.out, pubkey);
  if (call.out.stdout_is_terminal()) {
    return fail(Code::usage, "signed records are for programs, not for a terminal",
                "give --json, or pipe them on");
  }
  return std::make_unique<StreamSink>(STDOUT_FILENO);
}

Result<Code> run(const SignOptions& options, cli::Invocation& call) {
  TALLY_TRY(PartySetup setup, set_up_parties(options.parties));
  // A quorum for one message needs no store of nonces.
  SchemeOptions chosen = options.scheme;
  if (options.from_frame.empty() && !options.records) {
    setup.options.engine.nonces_ahead = 64;
    chosen.presignatures = 1;
  }
  TALLY_TRY(Scheme scheme, make_scheme(setup, chosen, !options.digest.empty(), call.out));
  TALLY_TRY(const auto sink, open_sink(scheme.pubkey, call));
  TALLY_TRY(const auto source, open_source(options));
  TALLY_TRY(const core::StopSignal stop, core::StopSignal::install());
  Coordinator coordinator(std::move(scheme.engine), setup.paths, setup.options, *source, *sink,
                          call.out);
  return coordinator.run(stop);
}

}  // namespace

void add_sign(cli::App& app) {
  const auto options = std::make_shared<SignOptions>();
  cli::Command& command = app.root().command(
      "sign", "have standard input signed: one message, or records with --records or --from-frame");
  add_party_options(command, options->parties);
  add_scheme_options(command, options->scheme);
  command.option("--digest", options->digest, "HEX",
                 "ecdsa: sign these 32 bytes, which somebody else computed; parties must allow it");
  add_message_option(command, options->message_file);
  command.choice("--from-frame", options->from_frame, {"rec", "line", "hex", "jsonl"},
                 "standard input holds many records, framed like this");
  command.flag("--records", options->records, "the same as --from-frame rec");
  command.example(
      "echo hello | tally-sign sign --group key.group --party unix:run/0.sock --party "
      "unix:run/1.sock --party unix:run/2.sock --from-frame line --json");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign
