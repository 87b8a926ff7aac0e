#include "mpc/dkg.hpp"
#include "mpc/dkg_output.hpp"
#include "mpc/dkg_proof.hpp"
#include "mpc/lagrange.hpp"
#include "mpc/polynomial.hpp"

namespace tally::mpc {
namespace {

using crypto::Point;

Collection sum_up(const DkgParams& params, std::span<const Contribution> contributions) {
  Collection out;
  out.sealed_sums.resize(params.n());
  for (const Contribution& message : contributions) {
    out.first_commitments.push_back(message.commitments[0]);
    out.proofs.push_back(message.proof);
    out.nonces.push_back(message.nonce);
    for (PartyId to = 0; to < params.n(); ++to) {
      out.sealed_sums[to] = out.sealed_sums[to] + message.sealed[to];
    }
  }
  for (std::uint32_t k = 1; k < params.t; ++k) {
    std::vector<Point> terms;
    for (const Contribution& message : contributions) terms.push_back(message.commitments[k]);
    out.other_sums.push_back(Point::sum(terms));
  }
  return out;
}

}  // namespace

Outcome<DkgCoordinator> DkgCoordinator::collect(const DkgParams& params,
                                                std::span<const Bytes> contributions) {
  if (const auto checked = check_params(params); !checked) {
    return core::unexpected(checked.error());
  }
  if (contributions.size() != params.n()) return failed(Fault::bad_length);
  std::vector<Contribution> decoded;
  for (PartyId id = 0; id < params.n(); ++id) {
    auto one = decode_contribution(contributions[id], params.t, params.n());
    if (!one) {
      const bool length = one.error() == Malformed::length;
      return failed(length ? Fault::bad_length : Fault::bad_contribution, id, id);
    }
    decoded.push_back(std::move(*one));
  }
  DkgCoordinator out(params, std::move(decoded));
  Collection collection = sum_up(params, out.contributions_);
  out.collection_ = encode(collection);

  EqualityInput agreement{params,
                          {Point::sum(collection.first_commitments)},
                          std::move(collection.nonces),
                          std::move(collection.sealed_sums)};
  agreement.sum_commitments.insert(agreement.sum_commitments.end(), collection.other_sums.begin(),
                                   collection.other_sums.end());
  out.agreed_ = encode(agreement);
  const auto tweaked = tweak_commitments(std::move(agreement.sum_commitments));
  if (!tweaked) return core::unexpected(tweaked.error());
  auto group = group_of(params, *tweaked, out.agreed_);
  if (!group) return core::unexpected(group.error());
  out.group_ = std::move(*group);
  return out;
}

Bytes DkgCoordinator::investigation(PartyId id) const {
  Investigation message;
  for (const Contribution& contribution : contributions_) {
    message.sealed.push_back(contribution.sealed[id]);
    message.partial_pubshares.push_back(evaluate_var(contribution.commitments, x_of(id)));
  }
  return encode(message);
}

Outcome<DkgPublicResult> DkgCoordinator::finish(std::span<const Bytes> signatures) const {
  auto certificate = certify(params_, agreed_, signatures);
  if (!certificate) return core::unexpected(certificate.error());
  Bytes recovery_data = agreed_;
  recovery_data.insert(recovery_data.end(), certificate->begin(), certificate->end());
  return DkgPublicResult{*group_, std::move(*certificate), std::move(recovery_data)};
}

}  // namespace tally::mpc
