#include "custody/fork_safe_random.hpp"

namespace tally::custody {

void ForkSafeRandomness::fill(mpc::dkls::Draw draw, std::uint32_t index, MutableByteView out) {
  if (guard_.intact()) {
    hedged_.fill(draw, index, out);
  } else {
    core::random_bytes(out);
  }
}

}  // namespace tally::custody
