// What a coordinator and a party say to each other while they sign, as bytes on a stream. Each
// message is a frame: body length u32, type u8, body; all integers little-endian. Nothing is
// optional and nothing padded: a body of another length than its fields say is malformed, and so
// is a list out of order, so that every message has one encoding.
//
//   hello          both, first: magic u32, version u16, role u8, party u16, key id 32,
//                  epoch u32, digest of the group 32
//   nonce request  to the party: how many u16
//   nonces         from it: (nonce id u64, public nonce 66) x count
//   sign request   to the party: session u64, nonce id u64, t u16, t parties u16 ascending,
//                  aggregated nonce 66, message (the rest)
//   partial        from it: session u64, partial signature 32
//   refusal        from it: session u64, reason u8, words (the rest, at most 256 printable bytes)
//   child          to the party, at most once and before its first nonce: (index u32) x 1 to 64,
//                  the path of BIP-32; what this connection signs is signed for that child
//   goodbye        both, before the connection is closed: words
//
// For threshold ECDSA (mpc/ecdsa_terms.hpp has the proposal), whose parties speak to each other in
// sealed messages that the coordinator passes on:
//
//   setups ask     to the party: nothing
//   setups         from it: (party u16 ascending, setup id 32) for each pair it may use
//   proposal       to the party: session u64, proposal
//   accept         from it: session u64, acceptance 66
//   agreed         to the party: session u64, the acceptances of all, 66 each
//   relayed        both: session u64, k u32, the party it is for or from u16, round u8, sealed
//   presigned      from the party: session u64, k u32, presignature id 32, nonce point 33
//   bind           to the party: session u64, presignature id 32, digest kind u8, message
//   opening        from it: session u64, R3 160
//   aborted        from it: session u64, verdict u8, the party named u16 or 65535, words
//   forget         to the party: nothing; all presignatures of this connection are to be wiped
//   abandon        to the party: session u64; what was proposed in it alone is to be wiped
//
// Decoding makes views into the given bytes and never reads beyond them, whatever they hold.
// Any thread; the encoders append to `out`, which may allocate.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "mpc/derive.hpp"

namespace tally::mpc::wire {

inline constexpr std::uint32_t kMagic = 0x31575354;  // "TSW1"
inline constexpr std::uint16_t kVersion = 1;
inline constexpr std::uint16_t kNoParty = 0xffff;  // a coordinator's hello
inline constexpr std::size_t kHeaderBytes = 5;
inline constexpr std::size_t kMostSigners = 256;
inline constexpr std::size_t kLargestMessageBytes = 65536;
inline constexpr std::size_t kNoncesPerFrame = 256;
inline constexpr std::size_t kLargestWordsBytes = 256;
inline constexpr std::size_t kPublicNonceBytes = 66;
inline constexpr std::size_t kPartialBytes = 32;
inline constexpr std::size_t kLargestBodyBytes =
    kLargestMessageBytes + 2 * kMostSigners + kPublicNonceBytes + 18;

enum class Type : std::uint8_t {
  hello = 1,
  nonce_request = 2,
  nonces = 3,
  sign_request = 4,
  partial = 5,
  refusal = 6,
  goodbye = 7,
  setups_ask = 8,
  setups = 9,
  proposal = 10,
  accept = 11,
  agreed = 12,
  relayed = 13,
  presigned = 14,
  bind = 15,
  opening = 16,
  aborted = 17,
  forget = 18,
  child = 19,
  abandon = 20,
};
enum class Role : std::uint8_t { coordinator = 1, party = 2 };
enum class Reason : std::uint8_t {
  policy = 1,         // this party does not sign such a message
  unknown_nonce = 2,  // the nonce was never given on this connection, or was used
  bad_request = 3,    // quorum or aggregated nonce cannot be
  broken = 4,         // a fault of the party's own
};

struct Hello {
  std::uint16_t version = kVersion;
  Role role = Role::coordinator;
  std::uint16_t party = kNoParty;
  ByteArray<32> key_id{};
  std::uint32_t epoch = 0;
  ByteArray<32> group{};
};
struct NonceEntry {
  std::uint64_t id = 0;
  ByteView public_nonce;  // 66 bytes
};
// A list of nonces inside a frame.
class Nonces {
 public:
  static constexpr std::size_t kEntryBytes = 8 + kPublicNonceBytes;
  explicit Nonces(ByteView entries = {}) : entries_(entries) {}
  [[nodiscard]] std::size_t size() const { return entries_.size() / kEntryBytes; }
  [[nodiscard]] NonceEntry operator[](std::size_t index) const;

 private:
  ByteView entries_;
};
// The parties of a quorum inside a frame, ascending and distinct.
class QuorumView {
 public:
  explicit QuorumView(ByteView bytes = {}) : bytes_(bytes) {}
  [[nodiscard]] std::size_t size() const { return bytes_.size() / 2; }
  [[nodiscard]] std::uint16_t operator[](std::size_t index) const;
  [[nodiscard]] ByteView bytes() const { return bytes_; }

 private:
  ByteView bytes_;
};
struct SignRequest {
  std::uint64_t session = 0;
  std::uint64_t nonce_id = 0;
  QuorumView quorum;
  ByteView aggregated_nonce;  // 66 bytes
  ByteView message;
};
struct Partial {
  std::uint64_t session = 0;
  ByteView signature;  // 32 bytes
};
struct Refusal {
  std::uint64_t session = 0;
  Reason reason = Reason::broken;
  std::string_view words;
};

// The messages of threshold ECDSA, each with the fields of its line above.
struct Setups {
  static constexpr std::size_t kEntryBytes = 2 + 32;
  ByteView entries;
  [[nodiscard]] std::size_t size() const { return entries.size() / kEntryBytes; }
  [[nodiscard]] std::uint16_t party(std::size_t index) const;
  [[nodiscard]] ByteView setup_id(std::size_t index) const {
    return entries.subspan(index * kEntryBytes + 2, 32);
  }
};
struct SessionBytes {  // proposal, accept, agreed, opening
  std::uint64_t session = 0;
  ByteView bytes;
};
struct Relayed {
  std::uint64_t session = 0;
  std::uint32_t k = 0;
  std::uint16_t party = 0;
  std::uint8_t round = 0;
  ByteView sealed;
};
struct Presigned {
  std::uint64_t session = 0;
  std::uint32_t k = 0;
  ByteView id;     // 32
  ByteView nonce;  // 33
};
struct Bind {
  std::uint64_t session = 0;
  ByteView id;  // 32
  std::uint8_t digest_kind = 0;
  ByteView message;
};
struct Aborted {
  std::uint64_t session = 0;
  std::uint8_t verdict = 0;
  std::uint16_t party = kNoParty;
  std::string_view words;
};

// One frame of a stream.
struct Frame {
  Type type = Type::goodbye;
  ByteView body;
  std::size_t size_bytes = 0;  // header and body
};
enum class Next { frame, need_more, malformed };
// Looks at the front of `stream`. malformed: an unknown type or a length out of bounds, said as
// soon as the header is there, so that no one waits for a body that cannot be right.
[[nodiscard]] Next next_frame(ByteView stream, Frame& frame);

// False when the body is not exactly one such message.
[[nodiscard]] bool decode(ByteView body, Hello& out);
[[nodiscard]] bool decode_nonce_request(ByteView body, std::uint16_t& count);
[[nodiscard]] bool decode(ByteView body, Nonces& out);
[[nodiscard]] bool decode(ByteView body, SignRequest& out);
[[nodiscard]] bool decode(ByteView body, Partial& out);
[[nodiscard]] bool decode(ByteView body, Refusal& out);
[[nodiscard]] bool decode_child(ByteView body, std::vector<std::uint32_t>& path);
[[nodiscard]] bool decode_goodbye(ByteView body, std::string_view& words);
[[nodiscard]] bool decode(ByteView body, Setups& out);
[[nodiscard]] bool decode(ByteView body, SessionBytes& out);
[[nodiscard]] bool decode(ByteView body, Relayed& out);
[[nodiscard]] bool decode(ByteView body, Presigned& out);
[[nodiscard]] bool decode(ByteView body, Bind& out);
[[nodiscard]] bool decode(ByteView body, Aborted& out);

// Pre: the fields are in their bounds; words are cut at kLargestWordsBytes and made printable.
void encode(const Hello& message, Bytes& out);
void encode_nonce_request(std::uint16_t count, Bytes& out);
void encode(std::span<const NonceEntry> entries, Bytes& out);
void encode(std::uint64_t session, std::uint64_t nonce_id, std::span<const std::uint16_t> quorum,
            ByteView aggregated_nonce, ByteView message, Bytes& out);
void encode(const Partial& message, Bytes& out);
void encode(const Refusal& message, Bytes& out);
void encode_child(std::span<const std::uint32_t> path, Bytes& out);
void encode_goodbye(std::string_view words, Bytes& out);
void encode_empty(Type type, Bytes& out);  // setups_ask, forget
void encode(const Setups& message, Bytes& out);
void encode(Type type, const SessionBytes& message, Bytes& out);
void encode(const Relayed& message, Bytes& out);
void encode(const Presigned& message, Bytes& out);
void encode(const Bind& message, Bytes& out);
void encode(const Aborted& message, Bytes& out);

}  // namespace tally::mpc::wire
