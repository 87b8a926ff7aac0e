#include "mpc/dkg_output.hpp"

#include "crypto/sha256.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/polynomial.hpp"
#include "mpc/transcript.hpp"

namespace tally::mpc {

using crypto::Point;
using crypto::Scalar;

Outcome<TweakedCommitments> tweak_commitments(std::vector<Point> sum_commitments) {
  static const crypto::Sha256 kTapTweak = crypto::Sha256::tagged("TapTweak");
  const Point& key = sum_commitments.front();
  if (key.is_infinity()) return failed(Fault::negligible);
  const auto tweak = Scalar::parse(crypto::tagged_hash(kTapTweak, {key.xonly()}));
  if (!tweak) return failed(Fault::negligible);
  TweakedCommitments out{std::move(sum_commitments), *tweak};
  out.commitments.front() = out.commitments.front() + Point::mul_generator(*tweak);
  return out;
}

ByteArray<32> chain_code_of(ByteView agreed) {
  return Transcript("chaincode").add("agreed", crypto::Sha256::digest(agreed)).finish();
}

Outcome<GroupKey> group_of(const DkgParams& params, const TweakedCommitments& tweaked,
                           ByteView agreed) {
  std::vector<Point> pubshares;
  for (PartyId id = 0; id < params.n(); ++id) {
    pubshares.push_back(evaluate_var(tweaked.commitments, x_of(id)));
    if (pubshares.back().is_infinity()) return failed(Fault::negligible);
  }
  KeyFacts facts;
  facts.chain_code = chain_code_of(agreed);
  return GroupKey::make(params.t, params.n(), tweaked.commitments.front(), std::move(pubshares),
                        facts);
}

}  // namespace tally::mpc
