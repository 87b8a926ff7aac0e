#include "mpc/ecdsa_terms.hpp"

#include <algorithm>

#include "mpc/derive.hpp"
#include "mpc/dkls_hash.hpp"

namespace tally::mpc {
namespace {

using namespace dkls;  // NOLINT(google-build-using-namespace): one scheme, two files of names
using crypto::Point;
using crypto::Scalar;

constexpr std::size_t kLargestTransactionBytes = std::size_t{64} << 10U;

void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}

// Takes fields from the front; once one is missing, everything reads as zero.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  ByteView bytes(std::size_t count) {
    if (count > rest_.size()) {
      good_ = false;
      rest_ = {};
      return {};
    }
    const ByteView field = rest_.first(count);
    rest_ = rest_.subspan(count);
    return field;
  }
  template <std::unsigned_integral T>
  T number() {
    const ByteView field = bytes(sizeof(T));
    return field.empty() ? T{0} : core::load_be<T>(field.data());
  }
  template <std::size_t N>
  ByteArray<N> array() {
    ByteArray<N> out{};
    std::ranges::copy(bytes(N), out.begin());
    return out;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

 private:
  ByteView rest_;
  bool good_ = true;
};

bool is_zero(ByteView bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

bool ascending(std::span<const XId> ids) {
  return !ids.empty() && ids.front() != 0 &&
         std::ranges::adjacent_find(ids, std::greater_equal<>()) == ids.end();
}

// Each purpose uses its own of count, transaction and digest, and leaves the others empty.
bool purpose_fits(const Proposal& proposal) {
  const bool no_digest = is_zero(proposal.digest);
  const bool no_transaction = proposal.transaction.empty();
  switch (proposal.purpose) {
    case Purpose::presign:
      return no_digest && no_transaction && proposal.count >= 1 &&
             proposal.count <= kMostPresignatures;
    case Purpose::transaction:
      return !no_transaction && proposal.count == 1;
    case Purpose::raw_digest:
      return no_transaction && proposal.count == 1;
  }
  return false;
}

}  // namespace

Bytes Proposal::encode() const {
  Bytes out;
  append(out, kSuite);
  append(out, key_id);
  append(out, be(epoch));
  append(out, be(static_cast<std::uint16_t>(ids.size())));
  for (const XId id : ids) append(out, be(id));
  append(out, be(static_cast<std::uint16_t>(setup_ids.size())));
  for (const auto& setup_id : setup_ids) append(out, setup_id);
  append(out, be(static_cast<std::uint16_t>(path.size())));
  for (const std::uint32_t element : path) append(out, be(element));
  append(out, tweak.encode());
  append(out, public_key.encode());
  out.push_back(static_cast<std::uint8_t>(purpose));
  append(out, be(count));
  append(out, be(static_cast<std::uint32_t>(transaction.size())));
  append(out, transaction);
  append(out, digest);
  return out;
}

Attempt<Proposal> Proposal::decode(ByteView bytes) {
  Reader reader(bytes);
  Proposal out;
  if (reader.array<kSuite.size()>() != kSuite) return aborted(Verdict::drop, Cause::bad_terms);
  out.key_id = reader.array<32>();
  out.epoch = reader.number<std::uint32_t>();
  const std::size_t t = reader.number<std::uint16_t>();
  if (t > kMostParties) return aborted(Verdict::drop, Cause::bad_terms);
  for (std::size_t i = 0; i < t; ++i) out.ids.push_back(reader.number<XId>());
  const std::size_t pairs = reader.number<std::uint16_t>();
  if (pairs != t * (t - 1) / 2) return aborted(Verdict::drop, Cause::bad_terms);
  for (std::size_t i = 0; reader.good() && i < pairs; ++i) {
    out.setup_ids.push_back(reader.array<32>());
  }
  const std::size_t elements = reader.number<std::uint16_t>();
  if (elements > kMostPathLevels) return aborted(Verdict::drop, Cause::bad_terms);
  for (std::size_t i = 0; i < elements; ++i) out.path.push_back(reader.number<std::uint32_t>());
  const auto tweak = Scalar::parse(reader.array<32>());
  const auto public_key = Point::parse(reader.array<kPointBytes>());
  const auto purpose = reader.number<std::uint8_t>();
  out.count = reader.number<std::uint32_t>();
  const std::size_t transaction_bytes = reader.number<std::uint32_t>();
  if (transaction_bytes > kLargestTransactionBytes) {
    return aborted(Verdict::drop, Cause::bad_terms);
  }
  const ByteView transaction = reader.bytes(transaction_bytes);
  out.transaction.assign(transaction.begin(), transaction.end());
  out.digest = reader.array<32>();
  if (!reader.done()) return aborted(Verdict::drop, Cause::wrong_length);
  if (!tweak || !public_key || purpose < 1 || purpose > 3 || !ascending(out.ids)) {
    return aborted(Verdict::drop, Cause::bad_terms);
  }
  out.tweak = *tweak;
  out.public_key = *public_key;
  out.purpose = Purpose{purpose};
  if (!purpose_fits(out)) return aborted(Verdict::drop, Cause::bad_terms);
  return out;
}

std::size_t Proposal::pair_index(std::size_t a, std::size_t b) const {
  // Pairs before those that begin with a, then those of a before b.
  return a * (2 * ids.size() - a - 1) / 2 + (b - a - 1);
}

ByteArray<32> proposal_hash(ByteView proposal) {
  return th(Label::proposal, {proposal});
}

EcdsaParty EcdsaParty::of(const Share& share) {
  EcdsaParty party;
  party.key_id = share.group().key_id();
  party.epoch = share.group().epoch();
  party.threshold = static_cast<std::uint16_t>(share.group().threshold());
  party.parties = static_cast<std::uint16_t>(share.group().parties());
  party.public_key = share.group().key();
  party.id = static_cast<XId>(share.id() + 1);
  party.share = share.secret();
  return party;
}

std::shared_ptr<PairSetup> setup_with(PairSetups setups, XId peer) {
  for (const auto& setup : setups) {
    if (setup->identity().peer == peer) return setup;
  }
  return nullptr;
}

Attempt<void> check_proposal(const Proposal& proposal, const EcdsaParty& party, PairSetups setups) {
  const auto own = [](Cause cause) { return aborted(Verdict::own, cause); };
  if (proposal.key_id != party.key_id || proposal.epoch != party.epoch || !purpose_fits(proposal)) {
    return own(Cause::bad_terms);
  }
  const auto& ids = proposal.ids;
  const auto mine = std::ranges::find(ids, party.id);
  if (ids.size() != party.threshold || !ascending(ids) || ids.back() > party.parties ||
      mine == ids.end() || ids.size() < 2) {
    return own(Cause::not_a_quorum);
  }
  if (proposal.setup_ids.size() != ids.size() * (ids.size() - 1) / 2) {
    return own(Cause::bad_terms);
  }
  // A tweak is public, and the key itself has none, which is the most frequent case.
  const Point shift = proposal.tweak.is_zero() ? Point() : Point::mul_generator(proposal.tweak);
  if (proposal.public_key != party.public_key + shift) return own(Cause::bad_terms);
  const auto me = static_cast<std::size_t>(mine - ids.begin());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (i == me) continue;
    const auto setup = setup_with(setups, ids[i]);
    if (!setup) return aborted(Verdict::own, Cause::setup_missing, {ids[i]});
    if (setup->burnt()) return aborted(Verdict::own, Cause::setup_burnt, {ids[i]});
    const auto& identity = setup->identity();
    const auto& proposed =
        proposal.setup_ids[proposal.pair_index(std::min(i, me), std::max(i, me))];
    if (identity.key_id != party.key_id || identity.epoch != party.epoch ||
        identity.me != party.id || setup->setup_id() != proposed) {
      return aborted(Verdict::stale_setup, Cause::bad_terms, {ids[i]});
    }
  }
  return {};
}

Accept make_accept(const ByteArray<32>& proposal_hash, XId id, ByteView nonce) {
  Accept accept;
  std::ranges::copy(proposal_hash, accept.begin());
  core::store_be(&accept[32], id);
  std::ranges::copy(nonce, accept.begin() + 34);
  return accept;
}

bool is_accept(const Accept& accept, const ByteArray<32>& proposal_hash, XId id) {
  return std::ranges::equal(ByteView(accept).first(32), proposal_hash) &&
         core::load_be<XId>(&accept[32]) == id;
}

Attempt<Agreement> Agreement::make(Proposal proposal, std::span<const Accept> accepts) {
  const auto hash = proposal_hash(proposal.encode());
  if (accepts.size() != proposal.ids.size()) return aborted(Verdict::drop, Cause::bad_accept);
  Bytes prefix(hash.begin(), hash.end());
  for (std::size_t i = 0; i < accepts.size(); ++i) {
    const XId id = proposal.ids[i];
    if (!is_accept(accepts[i], hash, id)) {
      return aborted(Verdict::abort, Cause::bad_accept, {id});
    }
    append(prefix, ByteView(accepts[i]).last(32));
  }
  return Agreement(std::move(proposal), std::move(prefix));
}

ByteArray<32> Agreement::sid(std::uint32_t k) const {
  return th(Label::sid, {sid_prefix_, be(k)});
}

ByteArray<70> Envelope::associated_data() const {
  ByteArray<70> out{};
  out[0] = 1;
  out[1] = static_cast<std::uint8_t>(round);
  core::store_be(&out[2], from);
  core::store_be(&out[4], to);
  std::ranges::copy(sid, out.begin() + 6);
  std::ranges::copy(setup_id, out.begin() + 38);
  return out;
}

}  // namespace tally::mpc
