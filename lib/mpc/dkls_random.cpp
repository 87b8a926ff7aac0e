#include "mpc/dkls_random.hpp"

#include "crypto/ctime.hpp"
#include "mpc/dkls_hash.hpp"

namespace tally::mpc::dkls {

crypto::SecretScalar Randomness::scalar(Draw draw, std::uint32_t index) {
  ByteArray<32> bytes;
  for (;;) {
    fill(draw, index, bytes);
    auto parsed = crypto::Scalar::parse(bytes);
    // That a draw was refused says nothing of the next one.
    if (parsed && !crypto::declassified(parsed->is_zero())) {
      crypto::SecretScalar drawn(*parsed);
      core::wipe(&parsed, sizeof parsed);
      core::wipe(bytes);
      return drawn;
    }
  }
}

HedgedRandomness::HedgedRandomness(ByteView system, const Hedge& hedge)
    : drbg_({core::as_bytes("tally/mpc/v1/draw"), system, be(hedge.counter),
             be(static_cast<std::uint8_t>(hedge.secret.size())), hedge.secret, hedge.context}) {}

void HedgedRandomness::fill(Draw draw, std::uint32_t index, MutableByteView out) {
  const std::scoped_lock lock(mutex_);
  drbg_.generate(out, {be(static_cast<std::uint8_t>(draw)), be(index)});
}

}  // namespace tally::mpc::dkls
