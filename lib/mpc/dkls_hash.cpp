#include "mpc/dkls_hash.hpp"

#include <array>
#include <string>

#include "core/secret.hpp"

namespace tally::mpc::dkls {
namespace {

// In the order of Label.
constexpr std::array<std::string_view, 27> kNames = {
    "setup", "hc",   "seed",     "node", "proof", "proofs", "leaf", "setup-id", "gadget",
    "pair",  "ot-b", "prg",      "u",    "chi",   "t",      "ot-a", "alpha",    "atilde",
    "theta", "mu",   "proposal", "sid",  "com",   "r1",     "zero", "zero-com", "presig"};
static_assert(kNames.size() == static_cast<std::size_t>(Label::presig) + 1);

std::array<crypto::Sha256, kNames.size()> make_midstates() {
  std::array<crypto::Sha256, kNames.size()> states;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    states[i] = crypto::Sha256::tagged("tally/mpc/v1/" + std::string(kNames[i]));
  }
  return states;
}

}  // namespace

const crypto::Sha256& midstate(Label label) {
  static const auto kStates = make_midstates();
  return kStates[static_cast<std::size_t>(label)];
}

ByteArray<32> th(Label label, std::initializer_list<ByteView> parts) {
  return crypto::tagged_hash(midstate(label), parts);
}

crypto::Scalar th_scalar(Label label, std::initializer_list<ByteView> parts) {
  auto digest = th(label, parts);
  const auto scalar = crypto::Scalar::from_bytes_reduced(digest);
  core::wipe(digest);
  return scalar;
}

crypto::Sha256 prefix_of(Label label, std::initializer_list<ByteView> parts) {
  crypto::Sha256 state = midstate(label);
  for (const ByteView part : parts) state.update(part);
  return state;
}

}  // namespace tally::mpc::dkls
