// BIP-340: the rows of its test vectors, as transcribed and, where present, as published.
#include <cstdio>
#include <doctest/doctest.h>

#include "crypto/schnorr.hpp"
#include "support/skip.hpp"
#include "support/vectors.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
using tally::test::VectorCase;

namespace {

void run_row(const VectorCase& row) {
  INFO(row.label());
  const auto message = row.bytes("msg");
  const auto signature = row.bytes("sig");
  const auto public_key = row.bytes("pubkey");
  CHECK(crypto::schnorr_verify(signature, message, public_key) == (row.number("valid") == 1));
  if (!row.has("seckey")) return;
  const auto secret = crypto::Scalar::parse(row.bytes("seckey"));
  REQUIRE(secret);
  CHECK(core::to_hex(crypto::Point::mul_generator(*secret).xonly()) == core::to_hex(public_key));
  const auto ours =
      crypto::schnorr_sign(crypto::SecretScalar(*secret), message, row.bytes("aux_rand"));
  REQUIRE(ours);
  CHECK(core::to_hex(*ours) == core::to_hex(signature));
}

// index,secret key,public key,aux_rand,message,signature,verification result,comment
VectorCase from_csv(const std::string& line) {
  std::vector<std::string> fields;
  std::istringstream in(line);
  for (std::string field; fields.size() < 7 && std::getline(in, field, ',');) {
    fields.push_back(field);
  }
  REQUIRE(fields.size() == 7);
  VectorCase row;
  row.set("case", fields[0]);
  row.set("pubkey", fields[2]);
  row.set("msg", fields[4]);
  row.set("sig", fields[5]);
  row.set("valid", fields[6] == "TRUE" ? "1" : "0");
  if (!fields[1].empty()) row.set("seckey", fields[1]);
  if (!fields[1].empty()) row.set("aux_rand", fields[3]);
  return row;
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("all transcribed rows of BIP 340") {
  const auto rows = tally::test::read_transcribed("bip340.txt");
  CHECK(rows.size() == 19);
  for (const auto& row : rows) run_row(row);
}

TEST_CASE("the published rows of BIP 340") {
  const auto path = tally::test::published_folder("bip340") / "bip340-test-vectors.csv";
  if (!std::filesystem::exists(path)) {
    tally::test::skip("no folder of published vectors (TALLY_VECTORS, ../shared/vectors)");
  }
  std::istringstream in(core::read_file(path.string()).value());
  std::string line;
  std::getline(in, line);
  int count = 0;
  while (std::getline(in, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    run_row(from_csv(line));
    ++count;
  }
  std::printf("bip340/bip340-test-vectors.csv: %d cases\n", count);
  CHECK(count >= 19);
}

TEST_CASE("signing refuses a zero key and verifying odd lengths") {
  const tally::ByteArray<32> aux{};
  CHECK_FALSE(crypto::schnorr_sign(crypto::SecretScalar(), {}, aux));
  const auto signature = crypto::schnorr_sign(crypto::SecretScalar(crypto::Scalar(3)), {}, aux);
  REQUIRE(signature);
  const auto key = crypto::Point::mul_generator(crypto::Scalar(3)).xonly();
  const tally::ByteView whole(*signature);
  CHECK(crypto::schnorr_verify(whole, {}, key));
  CHECK_FALSE(crypto::schnorr_verify(whole.first(63), {}, key));
  CHECK_FALSE(crypto::schnorr_verify(whole, {}, tally::ByteView(key).first(31)));
  CHECK_FALSE(crypto::schnorr_verify(whole, key, key));
}

TEST_SUITE_END();
