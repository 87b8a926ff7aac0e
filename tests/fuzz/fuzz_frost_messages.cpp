// A coordinator's view of what parties send: two public nonces, then two partial signatures, then
// the message. Nothing that arrives ends the process, what is refused is blamed on an entry that
// exists, and a signature comes out only if it verifies.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "mpc/deal.hpp"
#include "mpc/frost.hpp"

namespace {

using namespace tally;

constexpr std::size_t kSigners = 2;

const mpc::Quorum& quorum() {
  static const mpc::Quorum kQuorum = [] {
    const ByteArray<32> seed = {1};
    const std::vector<mpc::PartyId> ids = {0, 2};
    return mpc::Quorum::make(mpc::deal(2, 3, seed).value().group(), ids).value();
  }();
  return kQuorum;
}

template <std::size_t N>
std::array<ByteArray<N>, kSigners> take(ByteView& input) {
  std::array<ByteArray<N>, kSigners> out{};
  for (auto& one : out) {
    std::copy_n(input.begin(), N, one.begin());
    input = input.subspan(N);
  }
  return out;
}

void check_blame(const mpc::Failure& failure) {
  if (failure.position && *failure.position >= kSigners) std::abort();
  if (failure.party && !quorum().position_of(*failure.party)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteView input(data, size);
  if (size < kSigners * (66 + 32)) return 0;
  const auto nonces = take<66>(input);
  const auto partials = take<32>(input);
  // As an aggregated nonce from the wire, which may hold infinity.
  const auto from_wire = mpc::Session::open(quorum(), nonces[0], input);
  if (!from_wire) check_blame(from_wire.error());

  const auto sum = mpc::nonce_agg(nonces);
  if (!sum) {
    check_blame(sum.error());
    return 0;
  }
  const auto session = mpc::Session::open(quorum(), *sum, input);
  if (!session) std::abort();  // a sum of good nonces is good
  const auto signature = mpc::aggregate_verified(*session, nonces, partials, input);
  if (!signature) {
    check_blame(signature.error());
  } else if (!crypto::schnorr_verify(*signature, input, quorum().key().xonly())) {
    std::abort();
  }
  return 0;
}
