// HMAC_DRBG: the answers of the standard's validation program, and what requests do to the state.
#include "crypto/hmac_drbg.hpp"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <memory>
#include <new>

#include "support/vectors.hpp"

namespace crypto = tally::crypto;
using crypto::HmacDrbg;
using tally::ByteArray;
using tally::Bytes;
using tally::test::VectorCase;

namespace {

Bytes bytes_or_none(const VectorCase& row, const char* name) {
  return row.has(name) ? row.bytes(name) : Bytes();
}

template <std::size_t count>
ByteArray<count> draw(HmacDrbg& drbg) {
  ByteArray<count> out;
  drbg.generate(out);
  return out;
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("the generator gives the answers of the validation program") {
  const auto rows = tally::test::read_transcribed("hmac_drbg.txt");
  CHECK(rows.size() == 6);
  for (const VectorCase& row : rows) {
    INFO(row.label());
    HmacDrbg drbg(
        {row.bytes("entropy"), row.bytes("nonce"), bytes_or_none(row, "personalization")});
    if (row.has("reseed")) {
      drbg.reseed({row.bytes("reseed"), bytes_or_none(row, "additional_reseed")});
    }
    Bytes out(row.bytes("returned").size());
    drbg.generate(out, {bytes_or_none(row, "additional_first")});
    CHECK(out != row.bytes("returned"));
    drbg.generate(out, {bytes_or_none(row, "additional_second")});
    CHECK(out == row.bytes("returned"));
  }
}

TEST_CASE("requests of any length begin alike and leave one state behind") {
  const ByteArray<32> seed{7};
  HmacDrbg whole({seed});
  const auto longest = draw<100>(whole);
  for (const std::size_t count : {1U, 31U, 32U, 33U, 64U, 99U}) {
    CAPTURE(count);
    HmacDrbg drbg({seed});
    Bytes out(count);
    drbg.generate(out);
    CHECK(std::equal(out.begin(), out.end(), longest.begin()));
    // What comes next is no continuation.
    ByteArray<32> next;
    drbg.generate(next);
    CHECK_FALSE(std::equal(next.begin(), next.end() - 1, longest.begin() + 32));
  }
  // Additional input makes two generators of one seed part.
  HmacDrbg one({seed});
  HmacDrbg other({seed});
  ByteArray<32> a;
  ByteArray<32> b;
  one.generate(a, {seed});
  other.generate(b);
  CHECK(a != b);
  CHECK(draw<32>(one) != draw<32>(other));
}

TEST_CASE("nothing is left of a generator that is gone") {
  alignas(HmacDrbg) static std::array<std::uint8_t, sizeof(HmacDrbg)> room{};
  const ByteArray<32> seed{9};
  auto* const drbg = new (room.data()) HmacDrbg({seed});
  static_cast<void>(draw<40>(*drbg));
  const auto set = [] {
    return std::count_if(room.begin(), room.end(), [](std::uint8_t byte) { return byte != 0; });
  };
  CHECK(set() > 64);
  std::destroy_at(drbg);
  // The compiler knows of nobody who reads what is no object any more.
  asm volatile("" : : "r"(room.data()) : "memory");
  CHECK(set() == 0);
}

TEST_SUITE_END();
