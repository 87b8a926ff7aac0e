// What the parties of a threshold ECDSA session agree on before anything secret is computed: the
// proposal, whose bytes every party hashes and accepts with a nonce of its own, and the session
// identifiers that follow. One acceptance covers all presignatures of a batch.
//
// Proposal, big-endian, nothing optional:
//   suite 9, key id 32, epoch u32, u16 t and t ids u16 ascending, u16 number of pairs and setup ids
//   32 each in the order (1st, 2nd), (1st, 3rd) .., u16 path length and u32 elements, T 32,
//   PK' 33, purpose u8, N u32, u32 transaction length and transaction, digest 32
//
// Any thread; values. Sizes are bounded: 255 parties, 64 path elements, 64 KiB of transaction.
#pragma once

#include <span>
#include <unordered_set>

#include "crypto/point.hpp"
#include "mpc/pair_setup.hpp"
#include "mpc/share.hpp"

namespace tally::mpc {

enum class Purpose : std::uint8_t {
  presign = 1,      // N presignatures; the digest comes later, of a message this program hashed
  transaction = 2,  // one signature of the transaction in the proposal
  raw_digest = 3,   // one signature of a digest that somebody else computed
};

struct Proposal {
  ByteArray<32> key_id{};
  std::uint32_t epoch = 0;
  std::vector<dkls::XId> ids;
  std::vector<ByteArray<32>> setup_ids;
  std::vector<std::uint32_t> path;
  crypto::Scalar tweak;      // T of the path
  crypto::Point public_key;  // PK' = PK + T G
  Purpose purpose = Purpose::presign;
  std::uint32_t count = 1;  // N
  Bytes transaction;
  ByteArray<32> digest{};

  // Pre: within the bounds above.
  [[nodiscard]] Bytes encode() const;
  // Aborts: drop with wrong_length or bad_terms for bytes that encode() writes for no proposal
  // whose fields fit together. What it proposes is not judged yet.
  [[nodiscard]] static Attempt<Proposal> decode(ByteView bytes);

  // The place of the pair of two positions a < b in setup_ids.
  [[nodiscard]] std::size_t pair_index(std::size_t a, std::size_t b) const;
};

[[nodiscard]] ByteArray<32> proposal_hash(ByteView proposal);

// What a party brings: its share and what it knows of the key. Move-only.
struct EcdsaParty {
  ByteArray<32> key_id{};
  std::uint32_t epoch = 0;
  std::uint16_t threshold = 0;
  std::uint16_t parties = 0;
  crypto::Point public_key;
  dkls::XId id = 0;
  crypto::SecretScalar share;

  // Key id, epoch and the rest as the share has them, so that no caller can mix two epochs.
  [[nodiscard]] static EcdsaParty of(const Share& share);
};

// The pair setups of this party, in any order; one a peer.
using PairSetups = std::span<const std::shared_ptr<PairSetup>>;
[[nodiscard]] std::shared_ptr<PairSetup> setup_with(PairSetups setups, dkls::XId peer);

// Whether this party can take part as proposed: key, epoch, exactly t of its parties and itself
// among them, PK' right, purpose and digest fitting, setups whole and the same as the proposer's.
// Aborts: own with bad_terms, not_a_quorum, setup_missing, setup_burnt; stale_setup naming the
// party. Costs one multiplication of the generator.
[[nodiscard]] Attempt<void> check_proposal(const Proposal& proposal, const EcdsaParty& party,
                                           PairSetups setups);

using Accept = ByteArray<dkls::kAcceptBytes>;
// `nonce`: 32 fresh bytes. The author signs these 66 bytes; the frame carries the signature.
[[nodiscard]] Accept make_accept(const ByteArray<32>& proposal_hash, dkls::XId id, ByteView nonce);
// Whether it is of this party and proposal.
[[nodiscard]] bool is_accept(const Accept& accept, const ByteArray<32>& proposal_hash,
                             dkls::XId id);

// A proposal that all of its parties accepted.
class Agreement {
 public:
  // `accepts` in the order of ids, each authenticated as its party's by the caller. Aborts: drop
  // for another number of them, abort with bad_accept naming the party.
  [[nodiscard]] static Attempt<Agreement> make(Proposal proposal, std::span<const Accept> accepts);

  [[nodiscard]] const Proposal& proposal() const { return proposal_; }
  // Of presignature k < N.
  [[nodiscard]] ByteArray<32> sid(std::uint32_t k) const;

 private:
  Agreement(Proposal proposal, Bytes prefix)
      : proposal_(std::move(proposal)), sid_prefix_(std::move(prefix)) {}

  Proposal proposal_;
  Bytes sid_prefix_;  // proposal hash, nonces in the order of ids
};

// Session identifiers of an epoch that were used. Kept as long as the epoch: what is started twice
// is refused. One thread.
class UsedSids {
 public:
  [[nodiscard]] bool try_use(const ByteArray<32>& sid) {
    return used_.emplace(reinterpret_cast<const char*>(sid.data()), sid.size()).second;
  }
  [[nodiscard]] std::size_t size() const { return used_.size(); }

 private:
  std::unordered_set<std::string> used_;
};

// Where a message belongs. The transport authenticates this with the message: sid and setup_id are
// not part of the bytes, so that a message of another session is not for this one and never looks
// like a cheat.
enum class Round : std::uint8_t { r1 = 1, r2 = 2, r3 = 3 };
struct Envelope {
  Round round = Round::r1;
  dkls::XId from = 0;
  dkls::XId to = 0;
  ByteArray<32> sid{};
  ByteArray<32> setup_id{};

  bool operator==(const Envelope&) const = default;
  // The associated data of the AEAD: version u8 = 1, round u8, from u16, to u16, sid, setup id.
  [[nodiscard]] ByteArray<70> associated_data() const;
};

}  // namespace tally::mpc
