// The messages of key generation and resharing, 2 of 3; the first byte says which. Whatever decodes
// encodes to the same bytes, and a coordinator and a participant that take it end in a result or a
// failure.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "mpc/reshare_messages.hpp"

namespace {

using namespace tally;

constexpr std::uint32_t kThreshold = 2;
constexpr std::uint32_t kParties = 3;

ByteArray<32> host_secret(std::uint8_t id) {
  ByteArray<32> secret;
  secret.fill(static_cast<std::uint8_t>(id + 1));
  return secret;
}

const mpc::DkgParams& params() {
  static const mpc::DkgParams kParams = [] {
    mpc::DkgParams made{kThreshold, {}};
    for (std::uint8_t id = 0; id < kParties; ++id) {
      made.host_keys.push_back(mpc::host_key(host_secret(id)).value().pub);
    }
    return made;
  }();
  return kParams;
}

template <typename Message>
void check_same(const Message& decoded, ByteView input) {
  if (!decoded) return;
  const Bytes again = mpc::encode(*decoded);
  if (!std::equal(again.begin(), again.end(), input.begin(), input.end())) std::abort();
}

void check_blame(const mpc::Failure& failure) {
  if (failure.party && *failure.party >= kParties) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input = ByteView(data, size).subspan(1);
  static const ByteArray<32> kRandom = {9};
  if (data[0] == 0) {
    check_same(mpc::decode_contribution(input, kThreshold, kParties), input);
    const std::vector<Bytes> all(kParties, Bytes(input.begin(), input.end()));
    const auto coordinator = mpc::DkgCoordinator::collect(params(), all);
    if (!coordinator) check_blame(coordinator.error());
  } else if (data[0] == 1) {
    check_same(mpc::decode_collection(input, kThreshold, kParties), input);
    auto participant = mpc::DkgParticipant::start(host_secret(0), params(), kRandom).value();
    const auto signature = participant.agree(input, kRandom);
    if (!signature) check_blame(signature.error());
    check_blame(participant.investigate(input));
  } else if (data[0] == 2) {
    check_same(mpc::decode_investigation(input, kParties), input);
  } else if (data[0] == 3) {
    check_same(mpc::decode_reshare_dealt(input, kThreshold, kParties), input);
  } else if (data[0] == 4) {
    check_same(mpc::decode_reshare_collection(input, kThreshold, kThreshold, kParties), input);
  } else if (mpc::is_reshare_recovery(input)) {
    const auto parts = mpc::decode_reshare_recovery(input);
    if (!parts) return 0;
    const Bytes again = mpc::encode(parts->agreement);
    if (!std::equal(again.begin(), again.end(), parts->agreed.begin(), parts->agreed.end())) {
      std::abort();
    }
    (void)mpc::recover(input, host_secret(0));
  } else {
    const auto parts = mpc::decode_recovery(input);
    if (!parts) return 0;
    const Bytes again = mpc::encode(parts->agreement);
    if (!std::equal(again.begin(), again.end(), parts->agreed.begin(), parts->agreed.end())) {
      std::abort();
    }
    const auto key = mpc::recover(input, host_secret(0));
    if (!key) check_blame(key.error());
  }
  return 0;
}
