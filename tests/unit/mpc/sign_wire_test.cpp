#include "mpc/sign_wire.hpp"

#include <algorithm>
#include <array>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "core/endian.hpp"

namespace wire = tally::mpc::wire;
using tally::Bytes;
using tally::ByteView;

namespace {

// One of each message.
std::vector<Bytes> samples() {
  const Bytes nonce(wire::kPublicNonceBytes, 3);
  const Bytes partial(wire::kPartialBytes, 4);
  const std::array<std::uint16_t, 3> quorum{0, 2, 3};
  std::vector<Bytes> out(20);
  wire::encode(wire::Hello{wire::kVersion, wire::Role::party, 2, {}, 0, {}}, out[0]);
  wire::encode_nonce_request(64, out[1]);
  const std::array<wire::NonceEntry, 2> entries{{{7, nonce}, {9, nonce}}};
  wire::encode(entries, out[2]);
  wire::encode(11, 7, quorum, nonce, tally::core::as_bytes("hello"), out[3]);
  wire::encode(wire::Partial{11, partial}, out[4]);
  wire::encode(wire::Refusal{11, wire::Reason::policy, "not allowed"}, out[5]);
  wire::encode_goodbye("closing", out[6]);
  Bytes entries_of_setups(2 * wire::Setups::kEntryBytes, 5);
  tally::core::store_le<std::uint16_t>(&entries_of_setups[wire::Setups::kEntryBytes], 0x0606);
  const Bytes id(32, 8);
  const Bytes point(33, 2);
  wire::encode_empty(wire::Type::setups_ask, out[7]);
  wire::encode(wire::Setups{entries_of_setups}, out[8]);
  wire::encode(wire::Type::proposal, wire::SessionBytes{5, nonce}, out[9]);
  wire::encode(wire::Type::accept, wire::SessionBytes{5, nonce}, out[10]);
  wire::encode(wire::Type::agreed, wire::SessionBytes{5, nonce}, out[11]);
  wire::encode(wire::Relayed{5, 1, 2, 1, nonce}, out[12]);
  wire::encode(wire::Presigned{5, 1, id, point}, out[13]);
  wire::encode(wire::Bind{6, id, 1, tally::core::as_bytes("pay")}, out[14]);
  wire::encode(wire::Type::opening, wire::SessionBytes{6, nonce}, out[15]);
  wire::encode(wire::Aborted{5, 3, 1, "wrong"}, out[16]);
  wire::encode_empty(wire::Type::forget, out[17]);
  const std::array<std::uint32_t, 3> path{44, 0, 7};
  wire::encode_child(path, out[18]);
  wire::encode(wire::Type::abandon, wire::SessionBytes{5, {}}, out[19]);
  return out;
}

// Whether a body decodes as the message of its type.
bool decodes(wire::Type type, ByteView body) {
  wire::Hello hello;
  wire::Nonces nonces;
  wire::SignRequest request;
  wire::Partial partial;
  wire::Refusal refusal;
  std::string_view words;
  wire::Setups setups;
  wire::SessionBytes bytes;
  wire::Relayed relayed;
  wire::Presigned presigned;
  wire::Bind bind;
  wire::Aborted aborted;
  std::vector<std::uint32_t> path;
  std::uint16_t count = 0;
  switch (type) {
    case wire::Type::hello:
      return wire::decode(body, hello);
    case wire::Type::nonce_request:
      return wire::decode_nonce_request(body, count);
    case wire::Type::nonces:
      return wire::decode(body, nonces);
    case wire::Type::sign_request:
      return wire::decode(body, request);
    case wire::Type::partial:
      return wire::decode(body, partial);
    case wire::Type::refusal:
      return wire::decode(body, refusal);
    case wire::Type::goodbye:
      return wire::decode_goodbye(body, words);
    case wire::Type::setups_ask:
    case wire::Type::forget:
      return body.empty();
    case wire::Type::child:
      return wire::decode_child(body, path);
    case wire::Type::abandon:
      return wire::decode(body, bytes);
    case wire::Type::setups:
      return wire::decode(body, setups);
    case wire::Type::proposal:
    case wire::Type::accept:
    case wire::Type::agreed:
    case wire::Type::opening:
      return wire::decode(body, bytes);
    case wire::Type::relayed:
      return wire::decode(body, relayed);
    case wire::Type::presigned:
      return wire::decode(body, presigned);
    case wire::Type::bind:
      return wire::decode(body, bind);
    case wire::Type::aborted:
      return wire::decode(body, aborted);
  }
  return false;
}

ByteView body_of(const Bytes& frame) {
  return ByteView(frame).subspan(wire::kHeaderBytes);
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("messages are read as they were written") {
  const auto all = samples();
  wire::Hello hello;
  REQUIRE(wire::decode(body_of(all[0]), hello));
  CHECK(hello.party == 2);
  CHECK(hello.role == wire::Role::party);
  wire::Nonces nonces;
  REQUIRE(wire::decode(body_of(all[2]), nonces));
  REQUIRE(nonces.size() == 2);
  CHECK(nonces[1].id == 9);
  CHECK(nonces[1].public_nonce.size() == 66);
  wire::SignRequest request;
  REQUIRE(wire::decode(body_of(all[3]), request));
  CHECK(request.session == 11);
  CHECK(request.nonce_id == 7);
  REQUIRE(request.quorum.size() == 3);
  CHECK(request.quorum[1] == 2);
  CHECK(tally::core::as_text(request.message) == "hello");
  wire::Refusal refusal;
  REQUIRE(wire::decode(body_of(all[5]), refusal));
  CHECK(refusal.words == "not allowed");
  CHECK(refusal.reason == wire::Reason::policy);
}

TEST_CASE("frames come out of a stream one by one and a cut one waits") {
  Bytes stream;
  for (const Bytes& frame : samples()) stream.insert(stream.end(), frame.begin(), frame.end());
  ByteView rest = stream;
  for (std::uint8_t type = 1; type <= 20; ++type) {
    wire::Frame frame;
    for (std::size_t size = 0; size < samples()[type - 1U].size(); ++size) {
      REQUIRE(wire::next_frame(rest.first(size), frame) == wire::Next::need_more);
    }
    REQUIRE(wire::next_frame(rest, frame) == wire::Next::frame);
    CHECK(frame.type == wire::Type{type});
    CHECK(decodes(frame.type, frame.body));
    rest = rest.subspan(frame.size_bytes);
  }
  CHECK(rest.empty());
}

TEST_CASE("every shortened or lengthened body of fixed length is malformed") {
  for (const std::size_t which : {std::size_t{0}, std::size_t{1}, std::size_t{2}, std::size_t{4}}) {
    const Bytes frame = samples()[which];
    const auto type = wire::Type{frame[4]};
    for (std::size_t size = 0; size < body_of(frame).size(); ++size) {
      const bool whole_entries = type == wire::Type::nonces && size == wire::Nonces::kEntryBytes;
      CHECK(decodes(type, body_of(frame).first(size)) == whole_entries);
    }
    Bytes longer = frame;
    longer.push_back(0);
    CHECK_FALSE(decodes(type, body_of(longer)));
  }
  const Bytes request = samples()[3];
  for (std::size_t size = 0; size < 18 + 6 + 66; ++size) {
    CHECK_FALSE(decodes(wire::Type::sign_request, body_of(request).first(size)));
  }
}

TEST_CASE("every shortened head of a message of threshold ECDSA is malformed") {
  const std::vector<std::pair<std::size_t, std::size_t>> heads{
      {9, 8}, {10, 8}, {11, 8}, {12, 15}, {13, 77}, {14, 41}, {15, 8}, {16, 11}};
  for (const auto& [which, head_bytes] : heads) {
    const Bytes frame = samples()[which];
    for (std::size_t size = 0; size < head_bytes; ++size) {
      CHECK_FALSE(decodes(wire::Type{frame[4]}, body_of(frame).first(size)));
    }
  }
  wire::Setups setups;
  const Bytes entries(2 * wire::Setups::kEntryBytes, 5);
  CHECK_FALSE(wire::decode(entries, setups));
  CHECK_FALSE(wire::decode(ByteView(entries).first(35), setups));
  Bytes bind;
  wire::encode(wire::Bind{6, ByteView(entries).first(32), 2, {}}, bind);
  CHECK_FALSE(decodes(wire::Type::bind, body_of(bind)));
}

TEST_CASE("a path is read as it was written and is neither empty nor cut nor endless") {
  const Bytes frame = samples()[18];
  std::vector<std::uint32_t> path;
  REQUIRE(wire::decode_child(body_of(frame), path));
  CHECK(path == std::vector<std::uint32_t>{44, 0, 7});
  for (std::size_t size = 0; size < 12; ++size) {
    CHECK(wire::decode_child(body_of(frame).first(size), path) == (size == 4 || size == 8));
  }
  const Bytes levels(4 * 65, 1);
  CHECK(wire::decode_child(ByteView(levels).first(4 * 64), path));
  CHECK_FALSE(wire::decode_child(levels, path));
}

TEST_CASE("lengths and types out of bounds are malformed from the header on") {
  wire::Frame frame;
  for (const Bytes& sample : samples()) {
    Bytes header(sample.begin(), sample.begin() + wire::kHeaderBytes);
    tally::core::store_le<std::uint32_t>(header.data(), 0x7fffffff);
    CHECK(wire::next_frame(header, frame) == wire::Next::malformed);
  }
  for (const std::uint8_t type : {std::uint8_t{0}, std::uint8_t{21}, std::uint8_t{255}}) {
    const Bytes header{0, 0, 0, 0, type};
    CHECK(wire::next_frame(header, frame) == wire::Next::malformed);
  }
}

TEST_CASE("a quorum out of order or with one party twice is malformed") {
  const Bytes nonce(wire::kPublicNonceBytes, 3);
  const std::vector<std::vector<std::uint16_t>> lists{{1, 0}, {2, 2}, {0, 3, 1}, {}};
  for (const auto& quorum : lists) {
    Bytes frame;
    wire::encode(1, 1, quorum, nonce, {}, frame);
    CHECK_FALSE(decodes(wire::Type::sign_request, body_of(frame)));
  }
}

TEST_CASE("words are printable and bounded on both ways") {
  Bytes frame;
  wire::encode_goodbye("a\x1b[31mb" + std::string(1000, 'x'), frame);
  std::string_view words;
  REQUIRE(wire::decode_goodbye(body_of(frame), words));
  CHECK(words.starts_with("a?[31mb"));
  CHECK(words.size() == wire::kLargestWordsBytes);
  CHECK_FALSE(wire::decode_goodbye(tally::core::as_bytes("a\x1b[31m"), words));
}

TEST_CASE("a hello that contradicts itself is malformed") {
  wire::Hello hello;
  Bytes frame;
  wire::encode(wire::Hello{wire::kVersion, wire::Role::coordinator, 2, {}, 0, {}}, frame);
  CHECK_FALSE(wire::decode(body_of(frame), hello));
  frame.clear();
  wire::encode(wire::Hello{wire::kVersion, wire::Role::party, wire::kNoParty, {}, 0, {}}, frame);
  CHECK_FALSE(wire::decode(body_of(frame), hello));
}

TEST_SUITE_END();
