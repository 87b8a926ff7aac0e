#include "mpc/dkls_random.hpp"

#include <algorithm>

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
    : key_(th(Label::draw_key, {system, be(static_cast<std::uint8_t>(hedge.secret.size())),
                                hedge.secret, be(hedge.counter), hedge.context})) {}

void HedgedRandomness::fill(Draw draw, std::uint32_t index, MutableByteView out) {
  const std::uint32_t call = calls_.fetch_add(1, std::memory_order_relaxed);
  for (std::uint32_t block = 0; !out.empty(); ++block) {
    auto bytes = th(Label::draw,
                    {key_, be(static_cast<std::uint8_t>(draw)), be(index), be(call), be(block)});
    const std::size_t count = std::min(out.size(), bytes.size());
    std::copy_n(bytes.begin(), count, out.begin());
    out = out.subspan(count);
    core::wipe(bytes);
  }
}

}  // namespace tally::mpc::dkls
