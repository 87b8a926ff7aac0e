// tally-sign pair: what two parties of a key set up once, before they can sign ECDSA together.
#include <algorithm>
#include <fmt/format.h>
#include <memory>

#include "commands.hpp"
#include "custody/pair_file.hpp"
#include "open_share.hpp"
#include "pairing.hpp"
#include "steps.hpp"

namespace tally::sign {
namespace {

struct PairOptions {
  std::string folder;
  ShareOptions share;
  std::vector<std::string> resets;
};

Result<std::vector<mpc::PartyId>> parse_resets(const PairOptions& options,
                                               const mpc::Share& share) {
  std::vector<mpc::PartyId> parties;
  for (const std::string& text : options.resets) {
    const auto party = parse_party(text, share.group().parties());
    if (!party || party == share.id()) {
      return fail(Code::usage, fmt::format("--reset {}: no other party of this key", text));
    }
    parties.push_back(*party);
  }
  return parties;
}

// The peers this party has no setup with that it may use, and those to be set up anew.
Result<std::vector<mpc::PartyId>> peers_to_set_up(const PairOptions& options,
                                                  const mpc::Share& share) {
  TALLY_TRY(const auto resets, parse_resets(options, share));
  // A file that is of no use any more is no hindrance to a new one.
  TALLY_TRY(const auto there, custody::read_pair_files(options.share.file, share, resets));
  std::vector<mpc::PartyId> peers;
  for (mpc::PartyId peer = 0; peer < share.group().parties(); ++peer) {
    if (peer == share.id()) continue;
    if (!mpc::setup_with(there, static_cast<mpc::dkls::XId>(peer + 1))) peers.push_back(peer);
  }
  return peers;
}

constexpr std::string_view kSchema = "tally.sign.pair/1";

// Every step that can be taken now.
Result<Code> go_on(Pairing& pairing, const PairOptions& options, const mpc::Share& share,
                   cli::Invocation& call) {
  bool advanced = false;
  const auto wait = [&](PairStep step, mpc::PartyId party) {
    return wait_for(pairing.path_of(step, party), advanced,
                    fmt::format("party {} makes it by the same command", party), call);
  };
  std::optional<PairStep> before;
  for (const PairStep step : {PairStep::hello, PairStep::offer, PairStep::answer}) {
    if (!pairing.said(step)) {
      if (before) {
        if (const auto party = pairing.missing(*before)) return wait(*before, *party);
      }
      TALLY_CHECK(pairing.say(step));
      say_step(call, kSchema, to_text(step), pairing.path_of(step, share.id()));
      advanced = true;
    }
    before = step;
  }
  if (const auto party = pairing.missing(PairStep::answer)) {
    return wait(PairStep::answer, *party);
  }
  TALLY_CHECK(pairing.finish());
  for (const mpc::PartyId peer : pairing.peers()) {
    say_step(call, kSchema, "pair", custody::pair_path(options.share.file, peer));
  }
  return Code::ok;
}

Result<Code> run(const PairOptions& options, cli::Invocation& call) {
  TALLY_CHECK(need_folder(options.folder));
  TALLY_TRY(const mpc::Share share, open_share(options.share, call));
  if (!share.group().may(mpc::Scheme::ecdsa) || share.group().threshold() < 2) {
    return fail(Code::usage, "the key is not for threshold ECDSA",
                "it takes a key of two parties at least that is not for Schnorr alone");
  }
  TALLY_TRY(const auto peers, peers_to_set_up(options, share));
  if (peers.empty() && !Pairing::under_way(options.share.file)) {
    call.out.note("every pair of this party is set up");
    return Code::ok;
  }
  TALLY_CHECK(make_folder(options.folder));
  TALLY_TRY(auto pairing, Pairing::open(options.share.file, share, options.folder, peers));
  return go_on(pairing, options, share, call);
}

}  // namespace

void add_pair(cli::App& app) {
  const auto options = std::make_shared<PairOptions>();
  cli::Command& command = app.root().command(
      "pair", "set up this party's pairs for ECDSA, by files that custodians carry");
  command.option("--dir", options->folder, "DIR", "folder for the messages, the same for all",
                 {cli::Completion::Kind::folder, {}, {}});
  add_share_options(command, options->share);
  command.option("--reset", options->resets, "N",
                 "set up anew with party N, as after a ban; N must say so as well");
  command.example("tally-sign pair --dir pairs --share key-0.share");
  command.on_run([options](cli::Invocation& call) { return run(*options, call); });
}

}  // namespace tally::sign
