// Good signatures as `tally-sign verify` reads them, for sign_counts.bats:
//
//   signed_input ecdsa|bip340|records COUNT
//
// Lines have a key each. Records are all of one key, of which --pubkey wants the x-only form on
// standard error, and have payloads of 64 bytes.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "core/hex.hpp"
#include "crypto/made_items.hpp"
#include "net/frame.hpp"
#include "support/verify_lines.hpp"

namespace {

namespace core = tally::core;
namespace crypto = tally::crypto;
namespace net = tally::net;

bool write_out(tally::ByteView bytes) {
  return std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size();
}

bool write_line(crypto::MadeItems& made, crypto::Scheme scheme, std::size_t id) {
  made.add(scheme);
  const std::string line = tally::test::line_of(made.items().back(), id) + "\n";
  return write_out(core::as_bytes(line));
}

bool write_record(crypto::MadeItems& made, const crypto::Scalar& key, std::size_t sequence) {
  constexpr std::size_t kPayloadBytes = 64;
  tally::Bytes payload(kPayloadBytes);
  for (auto& byte : payload) byte = static_cast<std::uint8_t>(made.random()());
  const auto signature =
      crypto::schnorr_sign(crypto::SecretScalar(key), payload, made.scalar().encode());
  if (!signature) return false;
  payload.insert(payload.end(), signature->begin(), signature->end());
  net::Record record;
  record.sequence = sequence;
  record.payload = payload;
  tally::Bytes framed;
  return net::encode_frame(net::Framing::rec, record, framed) && write_out(framed);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 64;
  const std::string kind = argv[1];
  const std::size_t count = std::strtoull(argv[2], nullptr, 10);
  const auto scheme = kind == "ecdsa" ? crypto::Scheme::ecdsa : crypto::Scheme::bip340;
  crypto::MadeItems made(1);
  const crypto::Scalar key = made.scalar();
  const bool records = kind == "records";
  if (records) {
    const auto pubkey = crypto::Point::mul_generator(key).xonly();
    std::fprintf(stderr, "%s\n", core::to_hex(pubkey).c_str());
  }
  for (std::size_t i = 1; i <= count; ++i) {
    if (!(records ? write_record(made, key, i) : write_line(made, scheme, i))) return 74;
  }
  return std::fflush(stdout) == 0 ? 0 : 74;
}
