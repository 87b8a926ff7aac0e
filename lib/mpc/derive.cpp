#include "mpc/derive.hpp"

#include <algorithm>

#include "core/endian.hpp"
#include "crypto/hmac.hpp"

namespace tally::mpc {

using crypto::Point;
using crypto::Scalar;

Outcome<DerivedKey> derive(const Point& key, const ByteArray<32>& chain_code,
                           std::span<const std::uint32_t> path) {
  constexpr std::uint32_t kFirstHardened = 0x80000000;
  DerivedKey derived{key, chain_code, {}};
  if (!path.empty() && chain_code == ByteArray<32>{}) return failed(Fault::no_chain_code);
  for (std::uint32_t level = 0; level < path.size(); ++level) {
    if (path[level] >= kFirstHardened) return failed(Fault::hardened_path, level);
    ByteArray<4> index;
    core::store_be(index.data(), path[level]);
    const auto mac = crypto::hmac_sha512(derived.chain_code, {derived.key.encode(), index});
    const auto step = Scalar::parse(ByteView(mac).first(32));
    if (!step) return failed(Fault::negligible, level);
    derived.key = derived.key + Point::mul_generator(*step);
    if (derived.key.is_infinity()) return failed(Fault::negligible, level);
    derived.tweak = derived.tweak + *step;
    std::copy_n(mac.begin() + 32, 32, derived.chain_code.begin());
  }
  return derived;
}

}  // namespace tally::mpc
