// What a party of a threshold ECDSA session gets from the network. The first byte chooses: a
// proposal, an encoded pair setup, R1, R2 or R3, laid over a good message of that kind or given as
// it is. Nothing that arrives ends the process, only the peer is ever named, and a signature comes
// out only from what was not changed.
#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "mpc/deal.hpp"
#include "mpc/ecdsa_presign.hpp"
#include "mpc/ecdsa_sign.hpp"

namespace {

using namespace tally;
using namespace tally::mpc;
using dkls::XId;

class Ledger final : public BurnLedger {
 public:
  bool burn(const PairSetup& /*setup*/, Cause /*cause*/) override { return true; }
  bool begin_check(const PairSetup& /*setup*/) override { return true; }
  void end_check(const PairSetup& /*setup*/) override {}
};

struct Side {
  EcdsaParty party;
  std::vector<std::shared_ptr<PairSetup>> setups;
  std::unique_ptr<dkls::HedgedRandomness> random;
  UsedSids used;
};

// Two parties of two. Their setup is made up rather than run, which takes no time: Alice's leaves
// are Bob's but for the ones that Delta names.
struct Parties {
  Parties() {
    const ByteArray<32> seed{1};
    const auto dealing = deal(2, 2, seed).value();
    ByteArray<dkls::kColumns / 8> delta{};
    for (std::size_t i = 0; i < delta.size(); ++i) delta[i] = static_cast<std::uint8_t>(17 * i + 3);
    Bytes bob(dkls::kLeavesBytes);
    for (std::size_t i = 0; i < bob.size(); ++i) bob[i] = static_cast<std::uint8_t>(i * i + i / 7);
    Bytes alice = bob;
    for (std::size_t tree = 0; tree < dkls::kTrees; ++tree) {
      const std::size_t hole = (delta[tree / 2] >> ((tree % 2) * 4)) & 15U;
      std::fill_n(alice.begin() + static_cast<std::ptrdiff_t>((tree * 16 + hole) * 16), 16, 0);
    }
    for (XId id = 1; id <= 2; ++id) {
      Side& side = sides[id - 1U];
      side.party = EcdsaParty::of(dealing.share(id - 1U).value());
      const PairIdentity identity{side.party.key_id, 0, id, static_cast<XId>(3 - id), 0};
      side.setups = {PairSetup::make(identity, {9}, seed,
                                     dkls::AliceSeeds::make(alice, delta).value(),
                                     dkls::BobSeeds::make(bob).value())
                         .value()};
    }
    proposal.key_id = sides[0].party.key_id;
    proposal.ids = {1, 2};
    proposal.setup_ids = {{9}};
    proposal.public_key = sides[0].party.public_key;
  }
  std::array<Side, 2> sides;
  Proposal proposal;
};

// The rest of the input over the message from the place that its first two bytes name, or instead
// of it.
Bytes changed(ByteView message, ByteView input, bool instead) {
  if (instead || input.size() < 2) return {input.begin(), input.end()};
  Bytes out(message.begin(), message.end());
  const std::size_t at = (std::size_t{input[0]} << 8U | input[1]) % out.size();
  const std::size_t count = std::min(out.size() - at, input.size() - 2);
  for (std::size_t i = 0; i < count; ++i) out[at + i] ^= input[2 + i];
  return out;
}

void check(bool good) {
  if (!good) std::abort();
}

template <typename T>
void check_blame(const Attempt<T>& attempt) {
  if (attempt) return;
  for (const XId id : attempt.error().suspects) check(id == 2);
}

// The presignatures of both give no signature, and nobody is blamed for it.
void check_unsigned(Presignature first, Presignature second) {
  const auto digest = ComputedDigest::of(DigestKind::sha256, {});
  EcdsaSigning signing(BoundPresignature(std::move(first), digest));
  const EcdsaSigning peer(BoundPresignature(std::move(second), digest));
  check(signing.take_r3(2, peer.r3()).has_value());
  const auto signature = signing.combine();
  check(!signature && signature.error().verdict == Verdict::unattributed);
  check_blame(signature);
}

void run_session(unsigned round, ByteView input, bool instead) {
  static Parties parties;
  const auto hash = proposal_hash(parties.proposal.encode());
  std::vector<Accept> accepts;
  for (const XId id : {XId{1}, XId{2}}) accepts.push_back(make_accept(hash, id, hash));
  const Agreement agreement = Agreement::make(parties.proposal, accepts).value();
  Ledger ledger;
  std::array<std::unique_ptr<Presigning>, 2> sessions;
  for (std::size_t i = 0; i < 2; ++i) {
    Side& side = parties.sides[i];
    const ByteArray<32> system{static_cast<std::uint8_t>(i)};
    side.random = std::make_unique<dkls::HedgedRandomness>(system, dkls::Hedge{});
    side.used = UsedSids();
    // A setup that a former input burnt is whole again.
    side.setups = {PairSetup::decode(side.setups[0]->encode().value().bytes()).value()};
    sessions[i] =
        Presigning::start({agreement, 0, side.party, side.setups, side.used, *side.random, ledger})
            .value();
  }
  const auto [first, second] = std::pair(sessions[0].get(), sessions[1].get());
  const Bytes good_r1(second->r1_to(1).begin(), second->r1_to(1).end());
  const Bytes r1 = round == 0 ? changed(good_r1, input, instead) : good_r1;
  const auto taken = first->take_r1(second->envelope_to(1, Round::r1), r1);
  check_blame(taken);
  check(second->take_r1(first->envelope_to(2, Round::r1), first->r1_to(2)).has_value());
  check(second->make_r2().has_value());
  if (!taken) return;
  const auto answered = first->make_r2();
  check_blame(answered);
  if (!answered) return;
  const Bytes good_r2(second->r2_to(1).begin(), second->r2_to(1).end());
  const Bytes r2 = round == 1 ? changed(good_r2, input, instead) : good_r2;
  const auto taken_r2 = first->take_r2(second->envelope_to(1, Round::r2), r2);
  check_blame(taken_r2);
  if (!taken_r2) return;
  check(second->take_r2(first->envelope_to(2, Round::r2), first->r2_to(2)).has_value());
  auto mine = first->finish();
  check_blame(mine);
  if (r1 == good_r1 && r2 == good_r2) {
    check(mine.has_value());
  } else if (mine) {
    // Only psi, which ends R2, is checked by nothing before the signature.
    check(r1 == good_r1 && std::equal(r2.begin(), r2.end() - 32, good_r2.begin()));
    check_unsigned(std::move(*mine), second->finish().value());
  }
}

void run_online(ByteView input, bool instead) {
  PresignatureFacts facts;
  facts.me = 1;
  facts.ids = {1, 2};
  facts.public_key = crypto::Point::generator();
  facts.nonce = crypto::Point::generator();
  ByteArray<kPresignatureSecretBytes> secrets{};
  for (const std::size_t at : {31U, 63U, 95U}) secrets[at] = 1;
  EcdsaSigning signing(BoundPresignature(Presignature::take_from(facts, secrets),
                                         ComputedDigest::of(DigestKind::sha256, {})));
  const auto taken = signing.take_r3(2, changed(signing.r3(), input, instead));
  check_blame(taken);
  if (taken) check_blame(signing.combine());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input(data + 1, size - 1);
  const bool instead = (data[0] & 0x80U) != 0;
  switch (data[0] % 5) {
    case 0: {
      const auto proposal = Proposal::decode(input);
      if (proposal) check(proposal->encode() == Bytes(input.begin(), input.end()));
      break;
    }
    case 1: {
      const auto setup = PairSetup::decode(input);
      if (setup) {
        const auto again = (*setup)->encode();
        check(again && std::equal(input.begin(), input.end(), again->bytes().begin()));
      }
      break;
    }
    case 2:
      run_session(0, input, instead);
      break;
    case 3:
      run_session(1, input, instead);
      break;
    default:
      run_online(input, instead);
      break;
  }
  return 0;
}
