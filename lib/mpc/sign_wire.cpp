#include "mpc/sign_wire.hpp"

#include <algorithm>
#include <concepts>

#include "core/endian.hpp"

namespace tally::mpc::wire {
namespace {

constexpr std::size_t kHelloBytes = 77;
constexpr std::size_t kPresignedBytes = 8 + 4 + 32 + 33;
constexpr std::uint8_t kLastType = static_cast<std::uint8_t>(Type::abandon);

// Takes fields from the front; once one is missing, `good` is false and everything reads as zero.
class Reader {
 public:
  explicit Reader(ByteView bytes) : rest_(bytes) {}

  template <std::unsigned_integral T>
  T number() {
    const ByteView field = bytes(sizeof(T));
    return field.empty() ? T{0} : core::load_le<T>(field.data());
  }
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
  ByteView rest() { return bytes(rest_.size()); }
  [[nodiscard]] bool good() const { return good_; }
  // Whether all was there and nothing is left.
  [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

 private:
  ByteView rest_;
  bool good_ = true;
};

template <std::unsigned_integral T>
void append(Bytes& out, T value) {
  ByteArray<sizeof(T)> bytes;
  core::store_le(bytes.data(), value);
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void append(Bytes& out, ByteView bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
void begin(Bytes& out, Type type, std::size_t body_bytes) {
  append(out, static_cast<std::uint32_t>(body_bytes));
  append(out, static_cast<std::uint8_t>(type));
}

// Words end up on a terminal: nothing but printable ASCII passes.
bool printable(std::uint8_t byte) {
  return byte >= 0x20 && byte < 0x7f;
}
bool good_words(ByteView words) {
  return words.size() <= kLargestWordsBytes && std::all_of(words.begin(), words.end(), printable);
}
void append_words(Bytes& out, std::string_view words) {
  for (const char letter : words) {
    const auto byte = static_cast<std::uint8_t>(letter);
    out.push_back(printable(byte) ? byte : std::uint8_t{'?'});
  }
}

std::size_t largest_body(Type type) {
  switch (type) {
    case Type::hello:
      return kHelloBytes;
    case Type::nonce_request:
      return 2;
    case Type::nonces:
      return kNoncesPerFrame * Nonces::kEntryBytes;
    case Type::sign_request:
      return kLargestBodyBytes;
    case Type::partial:
      return 8 + kPartialBytes;
    case Type::refusal:
      return 9 + kLargestWordsBytes;
    case Type::goodbye:
      return kLargestWordsBytes;
    case Type::setups_ask:
    case Type::forget:
      return 0;
    case Type::child:
      return 4 * kMostPathLevels;
    case Type::abandon:
      return 8;
    case Type::setups:
      return kMostSigners * Setups::kEntryBytes;
    case Type::presigned:
      return kPresignedBytes;
    case Type::aborted:
      return 11 + kLargestWordsBytes;
    case Type::proposal:
    case Type::accept:
    case Type::agreed:
    case Type::relayed:
    case Type::bind:
    case Type::opening:
      return kLargestBodyBytes;
  }
  return 0;
}

bool ascending(QuorumView quorum) {
  for (std::size_t i = 1; i < quorum.size(); ++i) {
    if (quorum[i - 1] >= quorum[i]) return false;
  }
  return true;
}

}  // namespace

NonceEntry Nonces::operator[](std::size_t index) const {
  const ByteView entry = entries_.subspan(index * kEntryBytes, kEntryBytes);
  return {core::load_le<std::uint64_t>(entry.data()), entry.subspan(8)};
}

std::uint16_t QuorumView::operator[](std::size_t index) const {
  return core::load_le<std::uint16_t>(&bytes_[2 * index]);
}

Next next_frame(ByteView stream, Frame& frame) {
  if (stream.size() < kHeaderBytes) return Next::need_more;
  const std::size_t body_bytes = core::load_le<std::uint32_t>(stream.data());
  const std::uint8_t type = stream[4];
  if (type < 1 || type > kLastType || body_bytes > largest_body(Type{type})) return Next::malformed;
  if (stream.size() - kHeaderBytes < body_bytes) return Next::need_more;
  frame = {Type{type}, stream.subspan(kHeaderBytes, body_bytes), kHeaderBytes + body_bytes};
  return Next::frame;
}

bool decode(ByteView body, Hello& out) {
  Reader reader(body);
  const auto magic = reader.number<std::uint32_t>();
  out.version = reader.number<std::uint16_t>();
  const auto role = reader.number<std::uint8_t>();
  out.party = reader.number<std::uint16_t>();
  const ByteView id = reader.bytes(out.key_id.size());
  out.epoch = reader.number<std::uint32_t>();
  const ByteView group = reader.bytes(out.group.size());
  if (!reader.done() || magic != kMagic || role < 1 || role > 2) return false;
  out.role = Role{role};
  std::copy(id.begin(), id.end(), out.key_id.begin());
  std::copy(group.begin(), group.end(), out.group.begin());
  return (out.role == Role::coordinator) == (out.party == kNoParty);
}

bool decode_nonce_request(ByteView body, std::uint16_t& count) {
  Reader reader(body);
  count = reader.number<std::uint16_t>();
  return reader.done() && count != 0;
}

bool decode(ByteView body, Nonces& out) {
  out = Nonces(body);
  return !body.empty() && body.size() % Nonces::kEntryBytes == 0 && out.size() <= kNoncesPerFrame;
}

bool decode(ByteView body, SignRequest& out) {
  Reader reader(body);
  out.session = reader.number<std::uint64_t>();
  out.nonce_id = reader.number<std::uint64_t>();
  const std::size_t signers = reader.number<std::uint16_t>();
  if (signers == 0 || signers > kMostSigners) return false;
  out.quorum = QuorumView(reader.bytes(2 * signers));
  out.aggregated_nonce = reader.bytes(kPublicNonceBytes);
  if (!reader.good()) return false;
  out.message = reader.rest();
  return out.message.size() <= kLargestMessageBytes && ascending(out.quorum);
}

bool decode(ByteView body, Partial& out) {
  Reader reader(body);
  out.session = reader.number<std::uint64_t>();
  out.signature = reader.bytes(kPartialBytes);
  return reader.done();
}

bool decode(ByteView body, Refusal& out) {
  Reader reader(body);
  out.session = reader.number<std::uint64_t>();
  const auto reason = reader.number<std::uint8_t>();
  const ByteView words = reader.rest();
  if (!reader.good() || reason < 1 || reason > 4 || !good_words(words)) return false;
  out.reason = Reason{reason};
  out.words = core::as_text(words);
  return true;
}

bool decode_child(ByteView body, std::vector<std::uint32_t>& path) {
  path.clear();
  if (body.empty() || body.size() % 4 != 0 || body.size() / 4 > kMostPathLevels) return false;
  Reader reader(body);
  while (!reader.done()) path.push_back(reader.number<std::uint32_t>());
  return true;
}

bool decode_goodbye(ByteView body, std::string_view& words) {
  words = core::as_text(body);
  return good_words(body);
}

std::uint16_t Setups::party(std::size_t index) const {
  return core::load_le<std::uint16_t>(&entries[index * kEntryBytes]);
}

bool decode(ByteView body, Setups& out) {
  out.entries = body;
  if (body.size() % Setups::kEntryBytes != 0) return false;
  for (std::size_t i = 1; i < out.size(); ++i) {
    if (out.party(i - 1) >= out.party(i)) return false;
  }
  return true;
}

bool decode(ByteView body, SessionBytes& out) {
  Reader reader(body);
  out.session = reader.number<std::uint64_t>();
  out.bytes = reader.rest();
  return reader.good();
}

bool decode(ByteView body, Relayed& out) {
  Reader reader(body);
  out.session = reader.number<std::uint64_t>();
  out.k = reader.number<std::uint32_t>();
  out.party = reader.number<std::uint16_t>();
  out.round = reader.number<std::uint8_t>();
  out.sealed = reader.rest();
  return reader.good();
}

bool decode(ByteView body, Presigned& out) {
  Reader reader(body);
  out.session = reader.number<std::uint64_t>();
  out.k = reader.number<std::uint32_t>();
  out.id = reader.bytes(32);
  out.nonce = reader.bytes(33);
  return reader.done();
}

bool decode(ByteView body, Bind& out) {
  Reader reader(body);
  out.session = reader.number<std::uint64_t>();
  out.id = reader.bytes(32);
  out.digest_kind = reader.number<std::uint8_t>();
  out.message = reader.rest();
  return reader.good() && out.digest_kind <= 1 && out.message.size() <= kLargestMessageBytes;
}

bool decode(ByteView body, Aborted& out) {
  Reader reader(body);
  out.session = reader.number<std::uint64_t>();
  out.verdict = reader.number<std::uint8_t>();
  out.party = reader.number<std::uint16_t>();
  const ByteView words = reader.rest();
  out.words = core::as_text(words);
  return reader.good() && good_words(words);
}

void encode(const Hello& message, Bytes& out) {
  begin(out, Type::hello, kHelloBytes);
  append(out, kMagic);
  append(out, message.version);
  append(out, static_cast<std::uint8_t>(message.role));
  append(out, message.party);
  append(out, ByteView(message.key_id));
  append(out, message.epoch);
  append(out, ByteView(message.group));
}

void encode_nonce_request(std::uint16_t count, Bytes& out) {
  begin(out, Type::nonce_request, sizeof count);
  append(out, count);
}

void encode(std::span<const NonceEntry> entries, Bytes& out) {
  begin(out, Type::nonces, entries.size() * Nonces::kEntryBytes);
  for (const NonceEntry& entry : entries) {
    append(out, entry.id);
    append(out, entry.public_nonce);
  }
}

void encode(std::uint64_t session, std::uint64_t nonce_id, std::span<const std::uint16_t> quorum,
            ByteView aggregated_nonce, ByteView message, Bytes& out) {
  begin(out, Type::sign_request, 18 + 2 * quorum.size() + aggregated_nonce.size() + message.size());
  append(out, session);
  append(out, nonce_id);
  append(out, static_cast<std::uint16_t>(quorum.size()));
  for (const std::uint16_t party : quorum) append(out, party);
  append(out, aggregated_nonce);
  append(out, message);
}

void encode(const Partial& message, Bytes& out) {
  begin(out, Type::partial, 8 + message.signature.size());
  append(out, message.session);
  append(out, message.signature);
}

void encode(const Refusal& message, Bytes& out) {
  const std::string_view words = message.words.substr(0, kLargestWordsBytes);
  begin(out, Type::refusal, 9 + words.size());
  append(out, message.session);
  append(out, static_cast<std::uint8_t>(message.reason));
  append_words(out, words);
}

void encode_empty(Type type, Bytes& out) {
  begin(out, type, 0);
}

void encode(const Setups& message, Bytes& out) {
  begin(out, Type::setups, message.entries.size());
  append(out, message.entries);
}

void encode(Type type, const SessionBytes& message, Bytes& out) {
  begin(out, type, 8 + message.bytes.size());
  append(out, message.session);
  append(out, message.bytes);
}

void encode(const Relayed& message, Bytes& out) {
  begin(out, Type::relayed, 15 + message.sealed.size());
  append(out, message.session);
  append(out, message.k);
  append(out, message.party);
  append(out, message.round);
  append(out, message.sealed);
}

void encode(const Presigned& message, Bytes& out) {
  begin(out, Type::presigned, kPresignedBytes);
  append(out, message.session);
  append(out, message.k);
  append(out, message.id);
  append(out, message.nonce);
}

void encode(const Bind& message, Bytes& out) {
  begin(out, Type::bind, 41 + message.message.size());
  append(out, message.session);
  append(out, message.id);
  append(out, message.digest_kind);
  append(out, message.message);
}

void encode(const Aborted& message, Bytes& out) {
  const std::string_view words = message.words.substr(0, kLargestWordsBytes);
  begin(out, Type::aborted, 11 + words.size());
  append(out, message.session);
  append(out, message.verdict);
  append(out, message.party);
  append_words(out, words);
}

void encode_child(std::span<const std::uint32_t> path, Bytes& out) {
  begin(out, Type::child, 4 * path.size());
  for (const std::uint32_t index : path) append(out, index);
}

void encode_goodbye(std::string_view words, Bytes& out) {
  words = words.substr(0, kLargestWordsBytes);
  begin(out, Type::goodbye, words.size());
  append_words(out, words);
}

}  // namespace tally::mpc::wire
