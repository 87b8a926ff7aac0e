// Items for verifiers, made to order for tests and benchmarks: signed with secrets out of a seed,
// that nobody needs and nobody keeps. Allocates as items are added.
#pragma once

#include <deque>
#include <random>
#include <secp256k1.h>
#include <vector>

#include "crypto/context.hpp"
#include "crypto/point.hpp"
#include "crypto/schnorr.hpp"
#include "crypto/verify_item.hpp"

namespace tally::crypto {

// Owns the bytes of its items.
class MadeItems {
 public:
  explicit MadeItems(std::uint64_t seed) : random_(seed) {}

  [[nodiscard]] const std::vector<VerifyItem>& items() const { return items_; }
  [[nodiscard]] std::mt19937_64& random() { return random_; }

  Scalar scalar() {
    ByteArray<32> bytes;
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random_());
    return Scalar::from_bytes_reduced(bytes);
  }

  // A good item of the scheme; `recovery`: with the recovery id, for ECDSA. Signatures are under
  // `secret`, or each under a key of its own.
  void add(Scheme scheme, bool recovery = false, const Scalar* secret = nullptr) {
    switch (scheme) {
      case Scheme::ecdsa:
        return add_ecdsa(recovery, secret != nullptr ? *secret : scalar());
      case Scheme::bip340:
        return add_bip340(secret != nullptr ? *secret : scalar());
      case Scheme::partial:
        return add_partial();
      case Scheme::dlog:
        return add_dlog();
      case Scheme::feldman:
        return add_feldman();
    }
  }

  void put(Scheme scheme, Bytes key, Bytes message, Bytes signature, std::uint16_t threshold = 0) {
    VerifyItem item;
    item.tag = items_.size();
    item.scheme = scheme;
    item.threshold = threshold;
    item.key = keep(std::move(key));
    item.message = keep(std::move(message));
    item.signature = keep(std::move(signature));
    items_.push_back(item);
  }
  // Bytes that live as long as the items, to be changed.
  MutableByteView keep(Bytes bytes) {
    bytes_.push_back(std::move(bytes));
    return bytes_.back();
  }
  VerifyItem& item(std::size_t index) { return items_[index]; }
  // Turns one bit of the item's key, message or signature.
  void corrupt(std::size_t index) {
    VerifyItem& item = items_[index];
    ByteView* const parts[] = {&item.key, &item.message, &item.signature};
    ByteView& part = *parts[random_() % 3];
    Bytes changed(part.begin(), part.end());
    changed[random_() % changed.size()] ^= static_cast<std::uint8_t>(1U << (random_() % 8));
    part = keep(std::move(changed));
  }

 private:
  static void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
  static Bytes joined(std::initializer_list<ByteView> parts) {
    Bytes all;
    for (const ByteView part : parts) append(all, part);
    return all;
  }
  static Bytes point_bytes(const Scalar& k) { return joined({Point::mul_generator(k).encode()}); }

  // ECDSA by hand, so that the recovery id is at hand too.
  void add_ecdsa(bool recovery, const Scalar& key) {
    const auto digest = scalar().encode();
    const auto k = scalar();
    const auto nonce = Point::mul_generator(k);
    const auto r = Scalar::from_bytes_reduced(nonce.xonly());
    auto s = Scalar::inverse_var(k) * (Scalar::from_bytes_reduced(digest) + r * key);
    std::uint8_t id = nonce.has_even_y() ? 0 : 1;
    if ((s.encode()[0] & 0x80U) != 0) {  // n / 2 is 0x7fff..
      s = -s;
      id ^= 1U;
    }
    Bytes signature = joined({r.encode(), s.encode()});
    if (recovery) signature.push_back(id);
    Bytes public_key = point_bytes(key);
    if (items_.size() % 4 == 3) public_key = uncompressed(public_key);
    put(Scheme::ecdsa, std::move(public_key), joined({digest}), std::move(signature));
  }
  static Bytes uncompressed(const Bytes& compressed) {
    secp256k1_pubkey key;
    Bytes out(65);
    std::size_t size = out.size();
    const bool parsed =
        secp256k1_ec_pubkey_parse(context(), &key, compressed.data(), compressed.size()) == 1;
    if (!parsed) return {};
    secp256k1_ec_pubkey_serialize(context(), out.data(), &size, &key, SECP256K1_EC_UNCOMPRESSED);
    return out;
  }
  void add_bip340(const Scalar& key) {
    Bytes message(items_.size() % 5 == 4 ? random_() % 90 + 1 : 32);
    for (auto& byte : message) byte = static_cast<std::uint8_t>(random_());
    const auto signature = schnorr_sign(SecretScalar(key), message, scalar().encode()).value();
    put(Scheme::bip340, joined({Point::mul_generator(key).xonly()}), std::move(message),
        joined({signature}));
  }
  void add_partial() {
    const auto share = scalar(), k1 = scalar(), k2 = scalar(), b = scalar(), c = scalar();
    const bool minus = random_() % 2 == 1;
    const auto nonce = k1 + b * k2;
    const auto s = (minus ? -nonce : nonce) + c * share;
    const std::uint8_t sign = minus ? 1 : 0;
    put(Scheme::partial, point_bytes(share),
        joined({point_bytes(k1), point_bytes(k2), b.encode(), c.encode(), ByteView(&sign, 1)}),
        joined({s.encode()}));
  }
  void add_dlog() {
    const auto key = scalar(), k = scalar(), e = scalar();
    put(Scheme::dlog, point_bytes(key), joined({e.encode()}),
        joined({point_bytes(k), (k + e * key).encode()}));
  }
  void add_feldman() {
    constexpr std::uint16_t kThreshold = 3;
    const Scalar x(1 + random_() % 9);
    Scalar share, power(1);
    Bytes commitments;
    for (int k = 0; k < kThreshold; ++k) {
      const auto a = scalar();
      append(commitments, point_bytes(a));
      share = share + power * a;
      power = power * x;
    }
    put(Scheme::feldman, std::move(commitments), joined({x.encode()}), joined({share.encode()}),
        kThreshold);
  }

  std::mt19937_64 random_;
  std::deque<Bytes> bytes_;
  std::vector<VerifyItem> items_;
};

}  // namespace tally::crypto
