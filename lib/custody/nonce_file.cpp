#include "custody/nonce_file.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include "core/endian.hpp"
#include "core/file.hpp"
#include "core/hex.hpp"
#include "custody/beside.hpp"
#include "custody/private_file.hpp"
#include "mpc/transcript.hpp"

namespace tally::custody {
namespace {

constexpr std::string_view kMagic = "TALLYNCE";
constexpr std::uint16_t kVersion = 1;
constexpr std::string_view kPurpose = "nonce-file";
constexpr std::size_t kSessionAt = sizeof(mpc::PubNonce);
constexpr std::size_t kSecretAt = kSessionAt + 32;
constexpr std::size_t kLengthAt = kSecretAt + mpc::kSecNonceBytes;
constexpr std::size_t kMessagesAt = kLengthAt + 4;
constexpr std::size_t kLargestFileBytes = std::size_t{256} << 10U;

Bytes header_of(const mpc::Share& share, const ByteArray<32>& terms_digest) {
  Bytes out;
  core::append(out, core::as_bytes(kMagic));
  core::append_le(out, kVersion);
  core::append_le(out, static_cast<std::uint16_t>(share.id()));
  core::append(out, share.group().digest());
  core::append(out, terms_digest);
  return out;
}

// Under which SHARE.used knows that a nonce was drawn beside it, and that it was taken out.
ByteArray<32> drawn_name(const mpc::PubNonce& nonce) {
  return mpc::Transcript("drawn-nonce").add("nonce", nonce).finish();
}
ByteArray<32> taken_name(const mpc::PubNonce& nonce) {
  return mpc::Transcript("used-nonce").add("nonce", nonce).finish();
}

}  // namespace

Result<NonceFile> NonceFile::open(const std::string& share_path, const mpc::Share& share,
                                  const ByteArray<32>& terms_digest) {
  TALLY_TRY(auto uses, UseJournal::open(share_path + ".used"));
  NonceFile file(share_path + ".cosign-" + core::to_hex(ByteView(terms_digest).first(8)), share,
                 terms_digest, std::move(uses));
  file.header_ = header_of(share, terms_digest);
  if (::access(file.path_.c_str(), F_OK) == 0) TALLY_CHECK(file.load());
  return file;
}

Status NonceFile::load() {
  TALLY_TRY(const std::string content, read_private_file(path_, kLargestFileBytes));
  const ByteView file = core::as_bytes(content);
  std::optional<core::SecretBytes> plain;
  if (content.starts_with(core::as_text(header_))) {
    TALLY_TRY(plain, open_beside(*share_, kPurpose, header_, file.subspan(header_.size())));
  }
  const ByteView all = plain ? ByteView(plain->bytes()) : ByteView();
  const std::size_t length =
      all.size() < kMessagesAt ? 0 : core::load_le<std::uint32_t>(&all[kLengthAt]);
  if (length == 0 || length > all.size() - kMessagesAt) {
    return fail(Code::bad_data, path_ + " is of another share, or was changed",
                "remove it and begin anew in a new folder");
  }
  std::ranges::copy(all.first(kSessionAt), public_nonce_.begin());
  std::ranges::copy(all.subspan(kSessionAt, session_.size()), session_.begin());
  const ByteView first = all.subspan(kMessagesAt, length);
  const ByteView second = all.subspan(kMessagesAt + length);
  first_message_.assign(first.begin(), first.end());
  second_message_.assign(second.begin(), second.end());
  if (!second_message_.empty()) return {};
  TALLY_TRY(secret_nonce_, core::SecretBytes::allocate(mpc::kSecNonceBytes));
  std::ranges::copy(all.subspan(kSecretAt, mpc::kSecNonceBytes), secret_nonce_.bytes().begin());
  return {};
}

Result<Bytes> NonceFile::seal() const {
  TALLY_TRY(auto plain, core::SecretBytes::allocate(kMessagesAt + first_message_.size() +
                                                    second_message_.size()));
  const MutableByteView all = plain.bytes();
  std::ranges::copy(public_nonce_, all.begin());
  std::ranges::copy(session_, all.subspan(kSessionAt).begin());
  std::ranges::copy(secret_nonce_.bytes(), all.subspan(kSecretAt).begin());
  core::store_le(&all[kLengthAt], static_cast<std::uint32_t>(first_message_.size()));
  std::ranges::copy(first_message_, all.subspan(kMessagesAt).begin());
  std::ranges::copy(second_message_, all.subspan(kMessagesAt + first_message_.size()).begin());
  TALLY_TRY(const Bytes sealed, seal_beside(*share_, kPurpose, header_, all));
  Bytes file = header_;
  core::append(file, sealed);
  return file;
}

Status NonceFile::begin(mpc::NoncePair nonce, Bytes first_message) {
  TALLY_TRY(secret_nonce_, core::SecretBytes::allocate(mpc::kSecNonceBytes));
  mpc::SecNonce::move_to(std::move(nonce.secret), secret_nonce_.bytes());
  public_nonce_ = nonce.pub;
  first_message_ = std::move(first_message);
  TALLY_TRY(const Bytes file, seal());
  // Before the file is there to be copied: no journal that knows nothing of it lets it sign.
  TALLY_CHECK(uses_.use(drawn_name(public_nonce_), terms_digest_));
  return core::create_file(path_, file, 0600);
}

Result<mpc::SecNonce> NonceFile::take(const ByteArray<32>& session) {
  if (uses_.met(drawn_name(public_nonce_)) != terms_digest_) {
    secret_nonce_ = {};
    return fail(Code::permission, "the journal beside " + path_ + " does not know its nonce",
                "the share or its journal is a copy, or was set back: go on where the session was "
                "begun, or all signers begin again in a new folder with --anew");
  }
  const ByteArray<32> name = taken_name(public_nonce_);
  if (secret_nonce_.empty() || uses_.met(name)) {
    secret_nonce_ = {};
    return fail(Code::permission, "the nonce of " + path_ + " was taken before",
                "what came of it is lost, or beside another copy of the file; all signers begin "
                "again in a new folder with --anew");
  }
  TALLY_CHECK(uses_.use(name, session));
  mpc::SecNonce nonce = mpc::SecNonce::take_from(secret_nonce_.bytes());
  secret_nonce_ = {};
  return nonce;
}

Status NonceFile::keep(const ByteArray<32>& session, Bytes second_message) {
  secret_nonce_ = {};
  session_ = session;
  second_message_ = std::move(second_message);
  TALLY_TRY(const Bytes file, seal());
  return core::replace_file(path_, file, 0600);
}

Status NonceFile::remove() {
  TALLY_CHECK(core::remove_file(path_));
  secret_nonce_ = {};
  first_message_.clear();
  second_message_.clear();
  return {};
}

}  // namespace tally::custody
