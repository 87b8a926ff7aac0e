#include "custody/share_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sodium.h>

#include "core/crc32c.hpp"
#include "core/endian.hpp"
#include "custody/private_file.hpp"

namespace tally::custody {
namespace {

constexpr std::string_view kMagic = "TALLYSHR";
constexpr std::uint16_t kVersion = 2;
constexpr std::uint16_t kArgon2id = 1;
constexpr std::size_t kFixedBytes = 140;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
// A share's encoding beyond that of its group.
constexpr std::size_t kShareBytes = 42;
constexpr std::size_t kCrcBytes = 4;

Error damaged(const std::string& what) {
  return {Code::bad_data, "share file " + what, "copy it again from its backup", 0};
}

template <std::size_t N>
ByteArray<N> take(ByteView file, std::size_t offset) {
  ByteArray<N> out;
  std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), N, out.begin());
  return out;
}

Bytes encode_header(const SealedShare& share) {
  const mpc::GroupKey& key = share.facts.group;
  const Bytes group = key.encode();
  Bytes out;
  core::append(out, core::as_bytes(kMagic));
  core::append_le(out, kVersion);
  core::append_le(out, kArgon2id);
  core::append_le(out, share.facts.kdf.passes);
  core::append_le(out, share.facts.kdf.memory_bytes);
  core::append(out, share.salt);
  core::append(out, share.nonce);
  core::append(out, share.check);
  core::append(out, key.key_id());
  core::append_le(out, key.epoch());
  core::append_le(out, static_cast<std::uint16_t>(share.facts.party));
  core::append_le(out, static_cast<std::uint16_t>(key.threshold()));
  core::append_le(out, static_cast<std::uint16_t>(key.parties()));
  core::append_le(out, static_cast<std::uint16_t>(group.size()));
  core::append(out, group);
  return out;
}

// Magic, version, length and checksum: whether this is an undamaged share file at all.
Status check_frame(ByteView file) {
  if (!looks_like_share(file)) return fail(Code::bad_data, "not a share file");
  if (file.size() < kFixedBytes) return fail(damaged("is truncated"));
  if (core::load_le<std::uint16_t>(&file[8]) != kVersion) {
    return fail(Code::bad_data,
                fmt::format("share file of version {}", core::load_le<std::uint16_t>(&file[8])),
                "this program reads version 2");
  }
  const std::size_t group_bytes = core::load_le<std::uint16_t>(&file[138]);
  const std::size_t expected = kFixedBytes + 2 * group_bytes + kShareBytes + kTagBytes + kCrcBytes;
  if (file.size() < expected) return fail(damaged("is truncated"));
  if (file.size() > expected) return fail(damaged("has bytes after its end"));
  const ByteView body = file.first(file.size() - kCrcBytes);
  if (core::crc32c(body) != core::load_le<std::uint32_t>(file.data() + body.size())) {
    return fail(damaged("is damaged: its checksum does not match"));
  }
  return {};
}

// The header must say of the group what the group says of itself.
Status check_facts(const ShareFacts& facts, ByteView file) {
  if (core::load_le<std::uint16_t>(&file[10]) != kArgon2id) {
    return fail(Code::bad_data, "share file with an unknown key derivation");
  }
  TALLY_CHECK(check_kdf(facts.kdf));
  const ByteView id = file.subspan(96, sizeof(mpc::KeyId));
  if (core::load_le<std::uint16_t>(&file[134]) != facts.group.threshold() ||
      core::load_le<std::uint16_t>(&file[136]) != facts.group.parties() ||
      core::load_le<std::uint32_t>(&file[128]) != facts.group.epoch() ||
      facts.party >= facts.group.parties() ||
      !std::equal(id.begin(), id.end(), facts.group.key_id().begin())) {
    return fail(damaged("contradicts its own group"));
  }
  return {};
}

}  // namespace

bool looks_like_share(ByteView file) {
  return core::as_text(file).starts_with(kMagic);
}

Result<Bytes> seal_share(const mpc::Share& share, ByteView passphrase, const KdfParameters& kdf) {
  SealedShare out{{share.id(), share.group(), kdf}, {}, {}, {}, {}, {}};
  core::random_bytes(out.salt);
  core::random_bytes(out.nonce);
  TALLY_TRY(const core::SecretBytes plain, share.encode());
  TALLY_TRY(const DerivedKeys keys, derive_keys(passphrase, out.salt, kdf));
  out.check = keys.check;
  Bytes file = encode_header(out);
  Bytes sealed(plain.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, plain.bytes().data(),
                                             plain.size(), file.data(), file.size(), nullptr,
                                             out.nonce.data(), keys.aead_key.bytes().data());
  core::append(file, sealed);
  core::append_le(file, core::crc32c(file));
  return file;
}

Result<SealedShare> parse_share(ByteView file) {
  TALLY_CHECK(check_frame(file));
  const std::size_t group_bytes = core::load_le<std::uint16_t>(&file[138]);
  const ByteView header = file.first(kFixedBytes + group_bytes);
  TALLY_TRY(auto group, mpc::GroupKey::decode(header.subspan(kFixedBytes)));
  const KdfParameters kdf{core::load_le<std::uint64_t>(&file[16]),
                          core::load_le<std::uint32_t>(&file[12])};
  SealedShare out{{core::load_le<std::uint16_t>(&file[132]), std::move(group), kdf},
                  take<kSaltBytes>(file, 24),
                  take<24>(file, 40),
                  take<32>(file, 64),
                  {header.begin(), header.end()},
                  {file.begin() + static_cast<std::ptrdiff_t>(header.size()),
                   file.end() - static_cast<std::ptrdiff_t>(kCrcBytes)}};
  TALLY_CHECK(check_facts(out.facts, file));
  return out;
}

Result<mpc::Share> open_share(const SealedShare& sealed, ByteView passphrase) {
  TALLY_TRY(const DerivedKeys keys, derive_keys(passphrase, sealed.salt, sealed.facts.kdf));
  if (!core::equal_constant_time(keys.check, sealed.check)) {
    return fail(Code::permission, "wrong passphrase, or the file was changed",
                fmt::format("this is the share of party {}; each party may have a passphrase of "
                            "its own",
                            sealed.facts.party));
  }
  TALLY_TRY(auto plain, core::SecretBytes::allocate(sealed.sealed.size() - kTagBytes));
  const int failed = crypto_aead_xchacha20poly1305_ietf_decrypt(
      plain.bytes().data(), nullptr, nullptr, sealed.sealed.data(), sealed.sealed.size(),
      sealed.associated.data(), sealed.associated.size(), sealed.nonce.data(),
      keys.aead_key.bytes().data());
  if (failed != 0) {
    return fail(damaged("was changed: the passphrase is right and the contents are not"));
  }
  TALLY_TRY(auto share, mpc::Share::decode(plain.bytes()));
  if (share.id() != sealed.facts.party || share.group().digest() != sealed.facts.group.digest()) {
    return fail(damaged("was changed: its header names another share than it holds"));
  }
  return share;
}

Result<SealedShare> read_share_file(const std::string& path) {
  TALLY_TRY(const std::string content, read_private_file(path, kLargestShareFileBytes));
  auto share = parse_share(core::as_bytes(content));
  if (!share) return fail(share.error().in(path));
  return share;
}

}  // namespace tally::custody
