// Randomness of which some draws follow from a secret and the rest are new each time.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <vector>

#include "mpc/dkls_random.hpp"
#include "timing.hpp"

namespace tally::timing {

class Draws final : public mpc::dkls::Randomness {
 public:
  static constexpr std::size_t kSecretBytes = 32 + 78;

  explicit Draws(std::initializer_list<mpc::dkls::Draw> secret) : secret_draws_(secret) {}

  // The 32 bytes that each scalar is, and what bits are.
  void secret(ByteView secret) {
    std::ranges::copy(secret.first(32), scalar_.begin());
    std::ranges::copy(secret.subspan(32), bits_.begin());
  }
  void fill(mpc::dkls::Draw draw, std::uint32_t /*index*/, MutableByteView out) override {
    using mpc::dkls::Draw;
    if (std::ranges::find(secret_draws_, draw) == secret_draws_.end()) {
      core::random_bytes(out);
    } else if (draw == Draw::ot_choice || draw == Draw::x) {
      std::copy_n(bits_.begin(), out.size(), out.begin());
    } else {
      // Of n or more there is one in 2^128, which would be drawn again for ever.
      std::ranges::copy(scalar_, out.begin());
    }
  }

 private:
  std::vector<mpc::dkls::Draw> secret_draws_;
  ByteArray<32> scalar_{};
  ByteArray<78> bits_{};
};

}  // namespace tally::timing
