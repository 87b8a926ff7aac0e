#include "verify_line.hpp"

#include "core/hex.hpp"
#include "crypto/ecdsa.hpp"
#include "crypto/schnorr.hpp"
#include "crypto/sha256.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace tally::sign {
namespace {

// The bytes of member NAME. Errors: bad_data, naming the member.
Result<Bytes> hex_at(const json::Value& question, std::string_view name) {
  TALLY_TRY(const std::string digits, question.string_at(name));
  auto bytes = core::from_hex(digits);
  if (!bytes) return fail(bytes.error().in(std::string(name)));
  return bytes;
}

// Member NAME, or what it is when absent.
Result<std::string> string_or(const json::Value& question, std::string_view name,
                              const char* absent) {
  if (question.find(name) == nullptr) return absent;
  return question.string_at(name);
}

// What was signed: message or digest, of which there must be one.
struct Subject {
  Bytes bytes;
  bool is_digest = false;
};
Result<Subject> subject_of(const json::Value& question) {
  const bool has_digest = question.find("digest") != nullptr;
  if (has_digest == (question.find("message") != nullptr)) {
    return fail(Code::bad_data, "either message or digest is needed");
  }
  Subject subject;
  subject.is_digest = has_digest;
  TALLY_TRY(subject.bytes, hex_at(question, has_digest ? "digest" : "message"));
  if (has_digest && subject.bytes.size() != 32) {
    return fail(Code::bad_data, "digest should have 32 bytes");
  }
  return subject;
}

// Empty when the signature is good, else why not.
Result<std::string> check_bip340(const json::Value& question, ByteView pubkey, ByteView signature) {
  TALLY_TRY(const Subject subject, subject_of(question));
  if (pubkey.size() != 32) return "pubkey should be an x-only key of 32 bytes";
  if (signature.size() != 64) return "sig should have 64 bytes";
  if (!crypto::Point::parse_xonly(pubkey)) return "pubkey is not on the curve";
  if (!crypto::schnorr_verify(signature, subject.bytes, pubkey)) {
    return "the signature does not verify";
  }
  return std::string();
}

Result<std::string> check_ecdsa(const json::Value& question, ByteView pubkey, ByteView signature) {
  TALLY_TRY(Subject subject, subject_of(question));
  TALLY_TRY(const std::string hash, string_or(question, "hash", "sha256"));
  TALLY_TRY(const std::string format, string_or(question, "format", "der"));
  if (hash != "sha256") return "hash should be sha256";
  if (format != "der" && format != "compact") return "format should be der or compact";
  bool low_s = true;
  if (question.find("low_s") != nullptr) {
    TALLY_TRY(low_s, question.bool_at("low_s"));
  }
  if (!subject.is_digest) {
    const auto digest = crypto::Sha256::digest(subject.bytes);
    subject.bytes.assign(digest.begin(), digest.end());
  }
  const auto encoding = format == "der" ? crypto::EcdsaFormat::der : crypto::EcdsaFormat::compact;
  const auto verdict = crypto::ecdsa_verify(pubkey, subject.bytes, signature, encoding, low_s);
  if (verdict == crypto::EcdsaVerdict::valid) return std::string();
  return std::string(crypto::to_text(verdict));
}

Result<std::string> check(const json::Value& question) {
  TALLY_TRY(const std::string scheme, question.string_at("scheme"));
  TALLY_TRY(const Bytes pubkey, hex_at(question, "pubkey"));
  TALLY_TRY(const Bytes signature, hex_at(question, "sig"));
  if (scheme == "bip340") return check_bip340(question, pubkey, signature);
  if (scheme == "ecdsa") return check_ecdsa(question, pubkey, signature);
  return "scheme should be ecdsa or bip340";
}

// The question's id as it came, if it is a plain value; null otherwise.
void write_id(json::Writer& out, const json::Value* id) {
  out.key("id");
  if (id == nullptr) {
    out.null();
    return;
  }
  std::visit(
      [&out](const auto& content) {
        using T = std::decay_t<decltype(content)>;
        if constexpr (std::is_same_v<T, std::string>) {
          out.value(std::string_view(content));
        } else if constexpr (std::is_arithmetic_v<T>) {
          out.value(content);
        } else {
          out.null();
        }
      },
      id->content());
}

}  // namespace

Answer unreadable(std::uint64_t number, std::string_view why) {
  json::Writer out;
  out.begin_object().key("id").null().field("line", number).field("ok", false);
  out.field("why", why).end_object();
  return {false, out.take()};
}

Answer answer_line(std::string_view line, std::uint64_t number) {
  const auto question = json::parse(line);
  if (!question) return unreadable(number, question.error().message);
  if (question->as_object() == nullptr) return unreadable(number, "the line is not a JSON object");
  const auto checked = check(*question);
  const std::string why = checked ? *checked : checked.error().message;
  json::Writer out;
  out.begin_object();
  write_id(out, question->find("id"));
  out.field("ok", why.empty()).key("why");
  if (why.empty()) {
    out.null();
  } else {
    out.value(std::string_view(why));
  }
  out.end_object();
  return {why.empty(), out.take()};
}

}  // namespace tally::sign
