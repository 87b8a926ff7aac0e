#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "core/hex.hpp"
#include "core/stop.hpp"
#include "party_server.hpp"
#include "serve.hpp"

namespace tally::sign {
namespace {

// What a party never needs again: new privileges and new processes.
Status drop_abilities() {
  const rlimit none{0, 0};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::setrlimit(RLIMIT_NPROC, &none) != 0) {
    return fail_errno("cannot give up abilities", errno);
  }
  return {};
}

}  // namespace

Result<Code> serve_party(const ServeOptions& options, cli::Invocation& call) {
  if (options.share.file.empty()) {
    return fail(Code::usage, "a share is needed", "give --share FILE");
  }
  if (options.listen.empty()) {
    return fail(Code::usage, "a socket is needed", "give --listen unix:PATH");
  }
  TALLY_TRY(auto policy, Policy::parse(options.allow));
  TALLY_TRY(const std::string path, parse_unix_address(options.listen));
  TALLY_TRY(auto share, open_share(options.share, call));
  TALLY_TRY(const core::StopSignal stop, core::StopSignal::install());
  TALLY_TRY(UnixListener listener, UnixListener::open(path));

  const auto check = options.self_check == "on" ? mpc::SelfCheck::on : mpc::SelfCheck::off;
  Party party(std::move(share), std::move(policy), check);
  if (options.scheme.scheme == "ecdsa") {
    TALLY_CHECK(party.hold_ecdsa(options.share.file));
    for (const mpc::PartyId peer : party.ecdsa()->burnt_peers()) {
      call.out.warning(
          fmt::format("the pair with party {} is burnt and signs nothing; tally-sign "
                      "pair --reset {} makes a new one",
                      peer, peer));
    }
  }
  TALLY_CHECK(drop_abilities());
  PartyServer server(party, listener, call.out);
  call.out.note(fmt::format("party {} of key {} listens on {}", party.share().id(),
                            core::to_hex(party.share().group().key_id()), options.listen));
  TALLY_CHECK(server.run(stop));
  call.out.note(fmt::format("party {} signed {} and refused {}", party.share().id(),
                            party.signed_count, party.refused_count));
  return Code::ok;
}

}  // namespace tally::sign
