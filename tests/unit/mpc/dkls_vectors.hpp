// The threshold ECDSA vectors of an independent model of the specification, where that folder is
// there, and the randomness they name: value(label) = SHA-256(seed, 0, label, 0, counter u32).
#pragma once

#include <string>

#include "core/endian.hpp"
#include "crypto/sha256.hpp"
#include "json/value.hpp"
#include "mpc/dkls_random.hpp"
#include "support/skip.hpp"
#include "support/vectors.hpp"

namespace tally::test {

// Skips the test where the folder is missing.
inline json::Value dkls_file(const std::string& name) {
  const auto path = published_folder("dkls") / name;
  if (!std::filesystem::exists(path)) skip("no folder of dkls vectors (TALLY_VECTORS)");
  const auto text = core::read_file(path.string(), std::size_t{4} << 20U);
  REQUIRE(text);
  auto parsed = json::parse(*text);
  REQUIRE(parsed);
  return std::move(*parsed);
}

// Members by a path such as "dirs/X1-Y2/st"; a number is an index.
inline const json::Value& at(const json::Value& value, const std::string& path) {
  const json::Value* here = &value;
  std::istringstream in(path);
  for (std::string name; std::getline(in, name, '/');) {
    if (const auto* array = here->as_array()) {
      REQUIRE_MESSAGE(std::stoul(name) < array->size(), path);
      here = &(*array)[std::stoul(name)];
    } else {
      here = here->find(name);
      REQUIRE_MESSAGE(here != nullptr, path);
    }
  }
  return *here;
}
inline std::string text_at(const json::Value& value, const std::string& path) {
  const auto* text = at(value, path).as_string();
  REQUIRE_MESSAGE(text != nullptr, path);
  return *text;
}
inline Bytes hex_at(const json::Value& value, const std::string& path) {
  return core::from_hex(text_at(value, path)).value();
}
template <std::size_t N>
ByteArray<N> hex_array(const json::Value& value, const std::string& path) {
  ByteArray<N> out{};
  REQUIRE(core::from_hex_exact(text_at(value, path), out));
  return out;
}
inline std::uint32_t number_at(const json::Value& value, const std::string& path) {
  const auto& content = at(value, path).content();
  if (const auto* number = std::get_if<std::int64_t>(&content)) {
    return static_cast<std::uint32_t>(*number);
  }
  const auto* number = std::get_if<std::uint64_t>(&content);
  REQUIRE_MESSAGE(number != nullptr, path);
  return static_cast<std::uint32_t>(*number);
}
inline std::string hex(ByteView bytes) {
  return core::to_hex(bytes);
}

inline Bytes dkls_value(const std::string& label, std::size_t size) {
  Bytes out;
  for (std::uint32_t counter = 0; out.size() < size; ++counter) {
    ByteArray<4> be;
    core::store_be(be.data(), counter);
    const ByteArray<1> zero = {0};
    const auto block = crypto::Sha256()
                           .update(core::as_bytes("tally-1"))
                           .update(zero)
                           .update(core::as_bytes(label))
                           .update(zero)
                           .update(be)
                           .finish();
    out.insert(out.end(), block.begin(), block.end());
  }
  out.resize(size);
  return out;
}

// What party `me` draws in the set of vectors `set`; `peer` is for pair setups only.
class VectorRandom final : public mpc::dkls::Randomness {
 public:
  VectorRandom(std::string set, unsigned me, unsigned peer = 0)
      : set_(std::move(set)), me_(me), peer_(peer) {}

  void fill(mpc::dkls::Draw draw, std::uint32_t index, MutableByteView out) override {
    const Bytes value = dkls_value(set_ + "/" + label(draw, index), out.size());
    std::copy(value.begin(), value.end(), out.begin());
  }

 private:
  std::string label(mpc::dkls::Draw draw, std::uint32_t index) const {
    using mpc::dkls::Draw;
    const auto n = [](std::uint32_t number) { return std::to_string(number); };
    const std::string pair = n(std::min(me_, peer_)) + "-" + n(std::max(me_, peer_));
    const std::string as_x = "ot/X" + n(me_) + "-Y" + n(peer_);
    const std::string as_y = "ot/X" + n(peer_) + "-Y" + n(me_);
    const std::string party = "P" + n(me_);
    const std::string as_alice = "mul/A" + n(me_) + "-B" + n(index);
    const std::string as_bob = "mul/A" + n(index) + "-B" + n(me_);
    switch (draw) {
      case Draw::pair_nonce:
        return "nonce/" + pair + "/" + n(me_);
      case Draw::zero_part:
        return "zs/" + pair + "/" + n(me_);
      case Draw::ot_choice:
        return as_x + "/c";
      case Draw::ot_a:
        return as_x + "/a/" + n(index);
      case Draw::ot_ro:
        return as_x + "/ro/" + n(index);
      case Draw::ot_t:
        return as_y + "/t/" + n(index / 2) + "/" + n(index % 2);
      case Draw::accept:
        return party + "/nonce";
      case Draw::r:
        return party + "/r";
      case Draw::phi:
        return party + "/phi";
      case Draw::blind:
        return party + "/blind";
      case Draw::salt_bob:
        return as_bob + "/salt_B";
      case Draw::x:
        return as_bob + "/x";
      case Draw::salt_alice:
        return as_alice + "/salt_A";
      case Draw::a_hat:
        return as_alice + "/ahat";
    }
    return {};
  }

  std::string set_;
  unsigned me_;
  unsigned peer_;
};

}  // namespace tally::test
