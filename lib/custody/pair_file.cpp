#include "custody/pair_file.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include "core/crc32c.hpp"
#include "core/endian.hpp"
#include "core/file.hpp"
#include "custody/private_file.hpp"

namespace tally::custody {
namespace {

constexpr std::string_view kMagic = "TALLYPAR";
constexpr std::uint16_t kVersion = 1;
constexpr std::size_t kNonceAt = 88;
constexpr std::size_t kHeaderBytes = 112;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kCrcBytes = 4;
constexpr std::size_t kLargestPairFileBytes = std::size_t{64} << 10U;
constexpr std::string_view kContext = "tally/custody/v1/";

Error unfit(const std::string& what) {
  return {Code::bad_data, "pair file " + what, {}, 0};
}

Bytes header_of(const mpc::PairSetup& setup) {
  const mpc::PairIdentity& identity = setup.identity();
  Bytes header(kHeaderBytes);
  std::ranges::copy(kMagic, header.begin());
  core::store_le(&header[8], kVersion);
  core::store_le(&header[10], static_cast<std::uint16_t>(identity.me - 1));
  core::store_le(&header[12], static_cast<std::uint16_t>(identity.peer - 1));
  std::ranges::copy(identity.key_id, header.begin() + 16);
  core::store_le(&header[48], identity.epoch);
  core::store_le(&header[52], identity.counter);
  std::ranges::copy(setup.setup_id(), header.begin() + 56);
  return header;
}

Status check_frame(ByteView file) {
  if (!core::as_text(file).starts_with(kMagic)) return fail(Code::bad_data, "not a pair file");
  if (file.size() < kHeaderBytes + kTagBytes + kCrcBytes) return fail(unfit("is truncated"));
  if (core::load_le<std::uint16_t>(&file[8]) != kVersion) {
    return fail(Code::bad_data, "pair file of another version", "this program reads version 1");
  }
  const ByteView body = file.first(file.size() - kCrcBytes);
  if (core::crc32c(body) != core::load_le<std::uint32_t>(file.data() + body.size())) {
    return fail(unfit("is damaged: its checksum does not match"));
  }
  return {};
}

// What the file says of itself against the share.
Status check_place(ByteView file, const mpc::Share& share) {
  const auto key_id = share.group().key_id();
  if (!std::ranges::equal(file.subspan(16, 32), key_id)) return fail(unfit("is of another key"));
  const auto epoch = core::load_le<std::uint32_t>(&file[48]);
  if (epoch != share.group().epoch()) {
    return fail(unfit(
        fmt::format("is of epoch {} and the share is of epoch {}", epoch, share.group().epoch())));
  }
  const auto party = core::load_le<std::uint16_t>(&file[10]);
  if (party != share.id()) {
    return fail(
        unfit(fmt::format("is of party {} and the share is of party {}", party, share.id())));
  }
  return {};
}

// Of an older epoch of this key, as far as a file that may be changed says so.
bool stale(ByteView file, const mpc::GroupKey& now) {
  return check_frame(file) && std::ranges::equal(file.subspan(16, 32), now.key_id()) &&
         core::load_le<std::uint32_t>(&file[48]) < now.epoch();
}

}  // namespace

std::string pair_path(const std::string& share_path, mpc::PartyId peer) {
  return fmt::format("{}.pair-{}", share_path, peer);
}

Result<core::SecretBytes> key_beside(const mpc::Share& share, std::string_view purpose) {
  TALLY_TRY(auto key, core::SecretBytes::allocate(32));
  Bytes about(kContext.begin(), kContext.end());
  about.insert(about.end(), purpose.begin(), purpose.end());
  const auto digest = share.group().digest();
  about.insert(about.end(), digest.begin(), digest.end());
  crypto_generichash(key.bytes().data(), key.size(), about.data(), about.size(),
                     share.secret_bytes().data(), share.secret_bytes().size());
  return key;
}

Result<Bytes> seal_pair(const mpc::PairSetup& setup, const mpc::Share& share) {
  TALLY_TRY(const core::SecretBytes key, key_beside(share, "pair-file"));
  TALLY_TRY(const core::SecretBytes plain, setup.encode());
  Bytes file = header_of(setup);
  core::random_bytes(MutableByteView(file).subspan(kNonceAt, 24));
  file.resize(kHeaderBytes + plain.size() + kTagBytes + kCrcBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(&file[kHeaderBytes], nullptr, plain.bytes().data(),
                                             plain.size(), file.data(), kHeaderBytes, nullptr,
                                             &file[kNonceAt], key.bytes().data());
  const std::size_t checked = file.size() - kCrcBytes;
  core::store_le(&file[checked], core::crc32c(ByteView(file).first(checked)));
  return file;
}

Result<std::shared_ptr<mpc::PairSetup>> open_pair(ByteView file, const mpc::Share& share) {
  TALLY_CHECK(check_frame(file));
  TALLY_CHECK(check_place(file, share));
  TALLY_TRY(const core::SecretBytes key, key_beside(share, "pair-file"));
  const ByteView sealed = file.subspan(kHeaderBytes, file.size() - kHeaderBytes - kCrcBytes);
  TALLY_TRY(auto plain, core::SecretBytes::allocate(sealed.size() - kTagBytes));
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          plain.bytes().data(), nullptr, nullptr, sealed.data(), sealed.size(), file.data(),
          kHeaderBytes, &file[kNonceAt], key.bytes().data()) != 0) {
    return fail(unfit("was not sealed by this share, or was changed"));
  }
  TALLY_TRY(auto setup, mpc::PairSetup::decode(plain.bytes()));
  const Bytes header = header_of(*setup);
  if (!std::ranges::equal(ByteView(header).first(kNonceAt), file.first(kNonceAt))) {
    return fail(unfit("names another setup than it holds"));
  }
  return setup;
}

Result<std::vector<std::shared_ptr<mpc::PairSetup>>> read_pair_files(
    const std::string& share_path, const mpc::Share& share, std::span<const mpc::PartyId> except) {
  std::vector<std::shared_ptr<mpc::PairSetup>> setups;
  for (mpc::PartyId peer = 0; peer < share.group().parties(); ++peer) {
    const std::string path = pair_path(share_path, peer);
    if (peer == share.id() || ::access(path.c_str(), F_OK) != 0) continue;
    if (std::ranges::find(except, peer) != except.end()) continue;
    TALLY_TRY(const std::string content, read_private_file(path, kLargestPairFileBytes));
    if (stale(core::as_bytes(content), share.group())) continue;
    auto setup = open_pair(core::as_bytes(content), share);
    if (setup && (*setup)->identity().peer != peer + 1) {
      setup = fail(unfit("lies under another party's name"));
    }
    if (!setup) {
      Error error = setup.error().in(path);
      error.hint =
          fmt::format("set the pair up anew: tally-sign pair --reset {}, and party {} --reset {}",
                      peer, peer, share.id());
      return fail(std::move(error));
    }
    setups.push_back(std::move(*setup));
  }
  return setups;
}

Status remove_stale_pairs(const std::string& share_path, const mpc::GroupKey& now) {
  // Before it had other parties, perhaps more.
  for (mpc::PartyId peer = 0; peer < mpc::kMostParties; ++peer) {
    const std::string path = pair_path(share_path, peer);
    if (::access(path.c_str(), F_OK) != 0) continue;
    TALLY_TRY(const std::string content, read_private_file(path, kLargestPairFileBytes));
    if (stale(core::as_bytes(content), now)) TALLY_CHECK(core::remove_file(path));
  }
  return {};
}

}  // namespace tally::custody
