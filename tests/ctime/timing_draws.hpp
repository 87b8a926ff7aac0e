// Randomness of which some draws follow from a secret and the rest are new each time.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <vector>

#include "mpc/dkls_random.hpp"
#include "timing.hpp"

namespace tally::timing {

class Draws final : public mpc::dkls::Randomness {
 public:
  static constexpr std::size_t kSecretBytes = 32 + 78;

  explicit Draws(std::initializer_list<mpc::dkls::Draw> secret) : secret_draws_(secret) {}

  // 32 bytes from which scalars are drawn, and what bits are.
  void secret(ByteView secret) {
    seeded_.emplace(secret.first(32), mpc::dkls::Hedge{});
    std::ranges::copy(secret.subspan(32), bits_.begin());
  }
  void fill(mpc::dkls::Draw draw, std::uint32_t index, MutableByteView out) override {
    using mpc::dkls::Draw;
    if (std::ranges::find(secret_draws_, draw) == secret_draws_.end()) {
      core::random_bytes(out);
    } else if (draw == Draw::ot_choice || draw == Draw::x) {
      std::copy_n(bits_.begin(), out.size(), out.begin());
    } else {
      seeded_->fill(draw, index, out);
    }
  }

 private:
  std::vector<mpc::dkls::Draw> secret_draws_;
  std::optional<mpc::dkls::HedgedRandomness> seeded_;
  ByteArray<78> bits_{};
};

}  // namespace tally::timing
