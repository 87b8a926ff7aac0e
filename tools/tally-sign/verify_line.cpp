#include "verify_line.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

#include "core/hex.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/schnorr.hpp"
#include "crypto/sha256.hpp"

namespace tally::sign {
namespace {

using json::FlatReader;
using Plain = FlatReader::Plain;

enum Name : std::uint8_t {
  kId,
  kScheme,
  kPubkey,
  kSig,
  kMessage,
  kDigest,
  kHash,
  kFormat,
  kLowS,
  kNames
};
constexpr std::array<std::string_view, kNames> kSpelt = {
    "id", "scheme", "pubkey", "sig", "message", "digest", "hash", "format", "low_s"};

// The members of a line that mean something; null where one is absent.
using Fields = std::array<const Plain*, kNames>;

Fields fields_of(std::span<const FlatReader::Member> members) {
  Fields fields{};
  for (const auto& member : members) {
    const auto at = std::find(kSpelt.begin(), kSpelt.end(), member.name);
    if (at != kSpelt.end()) fields[static_cast<std::size_t>(at - kSpelt.begin())] = &member.value;
  }
  return fields;
}

template <typename T>
Result<T> wrong_member(Name name, const char* what) {
  return fail(Code::bad_data, fmt::format("member '{}' is {}", kSpelt[name], what));
}

Result<std::string_view> text_at(const Fields& fields, Name name) {
  if (fields[name] == nullptr) return wrong_member<std::string_view>(name, "missing");
  if (const auto* text = std::get_if<std::string_view>(fields[name])) return *text;
  return wrong_member<std::string_view>(name, "not a string");
}
Result<std::string_view> text_or(const Fields& fields, Name name, std::string_view absent) {
  return fields[name] == nullptr ? absent : text_at(fields, name);
}

// Bytes of a question, one part behind the other: room is made for all of them first, because the
// item points at them.
class Parts {
 public:
  Parts(Bytes& bytes, std::size_t most_bytes) : bytes_(bytes) {
    if (bytes_.size() < most_bytes) bytes_.resize(most_bytes);
  }
  // The bytes of hexadecimal digits. Errors: bad_data, naming the member.
  Result<ByteView> add_hex(std::string_view digits, Name name) {
    const std::size_t count = digits.size() / 2;
    const auto room = MutableByteView(bytes_).subspan(used_, count);
    const auto decoded =
        digits.size() % 2 == 0 ? core::from_hex_exact(digits, room) : odd_length(digits);
    if (!decoded) return fail(decoded.error().in(std::string(kSpelt[name])));
    used_ += count;
    return ByteView(room);
  }
  ByteView add(ByteView part) {
    std::copy(part.begin(), part.end(), bytes_.begin() + static_cast<std::ptrdiff_t>(used_));
    used_ += part.size();
    return ByteView(bytes_).subspan(used_ - part.size(), part.size());
  }

 private:
  static Status odd_length(std::string_view digits) {
    return fail(Code::bad_data,
                fmt::format("{} hexadecimal digits do not make whole bytes", digits.size()));
  }
  Bytes& bytes_;
  std::size_t used_ = 0;
};

// What was signed: message or digest, of which there must be one.
Result<ByteView> subject_of(const Fields& fields, Parts& parts) {
  const bool has_digest = fields[kDigest] != nullptr;
  if (has_digest == (fields[kMessage] != nullptr)) {
    return fail(Code::bad_data, "either message or digest is needed");
  }
  const Name name = has_digest ? kDigest : kMessage;
  TALLY_TRY(const std::string_view digits, text_at(fields, name));
  TALLY_TRY(const ByteView bytes, parts.add_hex(digits, name));
  if (has_digest && bytes.size() != 32) return fail(Code::bad_data, "digest should have 32 bytes");
  return bytes;
}

// Each fills in what is special to its scheme, and says what is wrong with the line, if anything.
Status read_bip340(const Fields& fields, Parts& parts, crypto::VerifyItem& item) {
  item.scheme = crypto::Scheme::bip340;
  TALLY_TRY(item.message, subject_of(fields, parts));
  if (item.key.size() != 32) {
    return fail(Code::bad_data, "pubkey should be an x-only key of 32 bytes");
  }
  if (item.signature.size() != 64) return fail(Code::bad_data, "sig should have 64 bytes");
  return {};
}

Status read_ecdsa(const Fields& fields, Parts& parts, crypto::VerifyItem& item) {
  item.scheme = crypto::Scheme::ecdsa;
  TALLY_TRY(item.message, subject_of(fields, parts));
  TALLY_TRY(const std::string_view hashed_by, text_or(fields, kHash, "sha256"));
  TALLY_TRY(const std::string_view encoding, text_or(fields, kFormat, "der"));
  if (hashed_by != "sha256") return fail(Code::bad_data, "hash should be sha256");
  const bool der = encoding == "der";
  if (!der && encoding != "compact") {
    return fail(Code::bad_data, "format should be der or compact");
  }
  item.low_s = true;
  if (fields[kLowS] != nullptr) {
    const auto* const truth = std::get_if<bool>(fields[kLowS]);
    if (truth == nullptr) return wrong_member<void>(kLowS, "not true or false");
    item.low_s = *truth;
  }
  if (fields[kDigest] == nullptr) item.message = parts.add(crypto::Sha256::digest(item.message));
  const auto compact = der ? crypto::ecdsa_compact(item.signature) : std::nullopt;
  if (compact) item.signature = parts.add(*compact);
  if (item.signature.size() == 64 && (compact || !der)) return {};
  // No verifier takes a signature of another shape; the key is looked at first.
  const auto form =
      crypto::ecdsa_form(item.key, item.message, item.signature,
                         der ? crypto::EcdsaFormat::der : crypto::EcdsaFormat::compact, item.low_s);
  return fail(Code::bad_data, std::string(crypto::to_text(form)));
}

Status read_item(const Fields& fields, Question& question) {
  TALLY_TRY(const std::string_view named, text_at(fields, kScheme));
  TALLY_TRY(const std::string_view key_digits, text_at(fields, kPubkey));
  TALLY_TRY(const std::string_view sig_digits, text_at(fields, kSig));
  std::size_t most_bytes = (key_digits.size() + sig_digits.size()) / 2;
  for (const Name name : {kMessage, kDigest}) {
    if (fields[name] == nullptr) continue;
    const auto* const digits = std::get_if<std::string_view>(fields[name]);
    if (digits != nullptr) most_bytes += digits->size() / 2;
  }
  constexpr std::size_t kDigestAndCompact = 32 + 64;
  Parts parts(question.bytes, most_bytes + kDigestAndCompact);
  TALLY_TRY(question.item.key, parts.add_hex(key_digits, kPubkey));
  TALLY_TRY(question.item.signature, parts.add_hex(sig_digits, kSig));
  if (named == "bip340") return read_bip340(fields, parts, question.item);
  if (named == "ecdsa") return read_ecdsa(fields, parts, question.item);
  return fail(Code::bad_data, "scheme should be ecdsa or bip340");
}

// The question's id as it came, if it is a plain value; null otherwise.
void keep_id(const Plain* given, json::Writer& out) {
  if (given == nullptr) {
    out.null();
    return;
  }
  std::visit(
      [&out](const auto& content) {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, std::string_view> || std::is_arithmetic_v<T>) {
          out.value(content);
        } else {
          out.null();
        }
      },
      *given);
}

std::string_view why_bad(const crypto::VerifyItem& item) {
  if (item.scheme == crypto::Scheme::bip340) {
    return crypto::Point::parse_xonly(item.key) ? "the signature does not verify"
                                                : "pubkey is not on the curve";
  }
  const auto form = crypto::ecdsa_form(item.key, item.message, item.signature,
                                       crypto::EcdsaFormat::compact, item.low_s);
  return crypto::to_text(form == crypto::EcdsaVerdict::valid ? crypto::EcdsaVerdict::invalid
                                                             : form);
}

}  // namespace

void Question::give_back(std::size_t most_bytes) {
  if (id.text().capacity() > most_bytes) {
    // Assigning an empty one would keep the memory.
    static_cast<void>(id.take());
    id.clear();
  }
  if (why.capacity() > most_bytes) std::string().swap(why);
  if (bytes.capacity() > most_bytes) Bytes().swap(bytes);
}

void QuestionReader::read(std::string_view line, std::uint64_t number, Question& question) {
  const auto members = reader_.read(line);
  if (!members) {
    settle_unreadable(number, members.error().message, question);
    return;
  }
  question.number = number;
  question.unreadable = false;
  question.id.clear();
  const Fields fields = fields_of(*members);
  keep_id(fields[kId], question.id);
  const auto status = read_item(fields, question);
  question.settled = !status;
  if (!status) question.why = status.error().message;
}

void settle_unreadable(std::uint64_t number, std::string_view why, Question& question) {
  question.number = number;
  question.unreadable = true;
  question.settled = true;
  question.why = why;
}

void settle(crypto::Verdict verdict, Question& question) {
  question.settled = true;
  question.why.clear();
  if (verdict == crypto::Verdict::bad) question.why = why_bad(question.item);
}

void append_answer(const Question& question, std::string& out) {
  if (question.why.empty()) {
    out += "{\"id\":";
    out += question.id.text();
    out += ",\"ok\":true,\"why\":null}";
    return;
  }
  if (question.unreadable) {
    fmt::format_to(std::back_inserter(out), "{{\"id\":null,\"line\":{}", question.number);
  } else {
    out += "{\"id\":";
    out += question.id.text();
  }
  out += ",\"ok\":false,\"why\":";
  out += json::Writer().value(std::string_view(question.why)).text();
  out += '}';
}

}  // namespace tally::sign
