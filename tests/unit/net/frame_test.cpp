#include "net/frame.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "core/crc32c.hpp"
#include "core/endian.hpp"
#include "core/hex.hpp"
#include "net/frame_decoder.hpp"

namespace core = tally::core;
namespace net = tally::net;
using net::FrameDecoder;
using net::Framing;
using net::Record;
using Step = net::FrameDecoder::Step;

TEST_SUITE_BEGIN("net");

namespace {

void feed(FrameDecoder& decoder, tally::ByteView bytes) {
  const auto space = decoder.space();
  REQUIRE(bytes.size() <= space.size());
  std::copy(bytes.begin(), bytes.end(), space.begin());
  decoder.filled(bytes.size());
}

FrameDecoder fed(Framing framing, std::string_view text) {
  FrameDecoder decoder(framing);
  feed(decoder, core::as_bytes(text));
  decoder.end_input();
  return decoder;
}

tally::Bytes frame_of(std::uint64_t sequence, std::string_view payload) {
  tally::Bytes bytes;
  REQUIRE(net::encode_frame(
      Framing::rec, Record{sequence, 9, net::kTimeSoftware, 7, core::as_bytes(payload)}, bytes));
  return bytes;
}

// A header with one field overwritten and the CRC made right again.
tally::Bytes frame_with(std::size_t at, std::uint32_t value) {
  tally::Bytes bytes = frame_of(1, "abc");
  core::store_le(bytes.data() + at, value);
  core::store_le(bytes.data() + 28, core::crc32c(tally::ByteView(bytes).first(28)));
  return bytes;
}

std::string error_of(Framing framing, tally::ByteView bytes) {
  FrameDecoder decoder = fed(framing, core::as_text(bytes));
  Record record;
  Step step = decoder.next(record);
  while (step == Step::record) step = decoder.next(record);
  REQUIRE(step == Step::failed);
  CHECK(decoder.next(record) == Step::failed);
  CHECK(decoder.error().code == tally::Code::bad_data);
  return decoder.error().message;
}

}  // namespace

TEST_CASE("the rec header has its documented layout") {
  const tally::Bytes bytes = frame_of(0x0102030405060708U, "hi");
  CHECK(core::to_hex(tally::ByteView(bytes).first(28)) ==
        "544c5201020000000807060504030201090000000000000001000700");
  CHECK(core::load_le<std::uint32_t>(bytes.data() + 28) ==
        core::crc32c(tally::ByteView(bytes).first(28)));
  CHECK(core::as_text(tally::ByteView(bytes).subspan(32)) == "hi");
}

TEST_CASE("rec frames come back whole when they arrive byte by byte") {
  tally::Bytes bytes = frame_of(1, "first");
  for (const auto& more : {frame_of(2, ""), frame_of(3, std::string(65536, 'x'))}) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  FrameDecoder decoder(Framing::rec);
  std::vector<std::size_t> lengths;
  Record record;
  for (const std::uint8_t byte : bytes) {
    CHECK(decoder.next(record) == Step::need_more);
    feed(decoder, {&byte, 1});
    if (decoder.next(record) == Step::record) {
      lengths.push_back(record.payload.size());
      CHECK(record.sequence == lengths.size());
      CHECK(record.source == 7);
    }
  }
  decoder.end_input();
  CHECK(decoder.next(record) == Step::end);
  CHECK(lengths == std::vector<std::size_t>{5, 0, 65536});
}

TEST_CASE("a malformed rec frame ends the stream and names its byte") {
  tally::Bytes second = frame_of(1, "abc");
  const tally::Bytes bad_magic = frame_with(0, 0x01020304);
  second.insert(second.end(), bad_magic.begin(), bad_magic.end());
  CHECK(error_of(Framing::rec, second) == "frame at byte 35: bad magic 04 03 02");
  CHECK(error_of(Framing::rec, frame_with(0, 0x02524c54)) ==
        "frame at byte 0: header version 2, this tool reads 1");
  CHECK(error_of(Framing::rec, frame_with(4, 65537)) ==
        "frame at byte 0: payload of 65537 bytes, the largest allowed is 65536");
  tally::Bytes flipped = frame_of(1, "abc");
  flipped[9] ^= 1U;
  CHECK(error_of(Framing::rec, flipped) == "frame at byte 0: the header's CRC is wrong");
}

TEST_CASE("a truncated rec frame names the missing bytes at every length") {
  const tally::Bytes whole = frame_of(1, "abc");
  for (std::size_t cut = 1; cut < whole.size(); ++cut) {
    const std::size_t missing = cut < 32 ? 32 - cut : whole.size() - cut;
    const std::string expected = "frame at byte 0: truncated, " + std::to_string(missing) +
                                 (missing == 1 ? " byte is missing" : " bytes are missing");
    CHECK(error_of(Framing::rec, tally::ByteView(whole).first(cut)) == expected);
  }
}

TEST_CASE("lines are records and the last needs no newline") {
  FrameDecoder decoder = fed(Framing::line, "one\n\nthree");
  Record record;
  std::vector<std::string> lines;
  while (decoder.next(record) == Step::record) {
    lines.emplace_back(core::as_text(record.payload));
    CHECK(record.sequence == lines.size());
  }
  CHECK(decoder.next(record) == Step::end);
  CHECK(lines == std::vector<std::string>{"one", "", "three"});
}

TEST_CASE("a line longer than a record is refused") {
  CHECK(error_of(Framing::line, tally::Bytes(65537, 'x')) == "line 1: longer than 65536 bytes");
  FrameDecoder decoder(Framing::hex);
  feed(decoder, tally::Bytes(131073, '0'));
  Record record;
  CHECK(decoder.next(record) == Step::failed);
}

TEST_CASE("hex lines decode to bytes") {
  FrameDecoder decoder = fed(Framing::hex, "00fF\n\n6869");
  Record record;
  REQUIRE(decoder.next(record) == Step::record);
  CHECK(tally::Bytes(record.payload.begin(), record.payload.end()) == tally::Bytes{0x00, 0xff});
  REQUIRE(decoder.next(record) == Step::record);
  CHECK(record.payload.empty());
  REQUIRE(decoder.next(record) == Step::record);
  CHECK(core::as_text(record.payload) == "hi");
  CHECK(error_of(Framing::hex, core::as_bytes("00\n0g\n")) ==
        "line 2: character 2 is not a hexadecimal digit");
  CHECK(error_of(Framing::hex, core::as_bytes("000\n")) ==
        "line 1: 3 hexadecimal digits do not make whole bytes");
}

TEST_CASE("jsonl carries every field") {
  tally::Bytes bytes;
  const Record sent{18446744073709551615U, 5, 3, 65535, core::as_bytes("\n\"{}")};
  REQUIRE(net::encode_frame(Framing::jsonl, sent, bytes));
  CHECK(core::as_text(bytes) ==
        "{\"seq\":18446744073709551615,\"time_ns\":5,\"flags\":3,\"source\":65535,"
        "\"payload\":\"0a227b7d\"}\n");
  FrameDecoder decoder = fed(Framing::jsonl, core::as_text(bytes));
  Record got;
  REQUIRE(decoder.next(got) == Step::record);
  CHECK(got.sequence == sent.sequence);
  CHECK(got.time_ns == 5);
  CHECK(got.flags == 3);
  CHECK(got.source == 65535);
  CHECK(core::as_text(got.payload) == "\n\"{}");
}

TEST_CASE("jsonl needs only a payload and passes over plain keys of others") {
  FrameDecoder decoder = fed(Framing::jsonl,
                             " { \"sig\" : \"a\\\"b\" , \"payload\":\"6869\",\"x\":-1.5e3,"
                             "\"y\":null }\r\n{\"payload\":\"\",\"seq\":9}\n");
  Record record;
  REQUIRE(decoder.next(record) == Step::record);
  CHECK(core::as_text(record.payload) == "hi");
  CHECK(record.sequence == 1);
  REQUIRE(decoder.next(record) == Step::record);
  CHECK(record.sequence == 9);
  CHECK(record.payload.empty());
}

TEST_CASE("malformed jsonl says what is wrong") {
  const auto wrong = [](std::string_view line) {
    return error_of(Framing::jsonl, core::as_bytes(line));
  };
  CHECK(wrong("[]") == "line 1: not a JSON object");
  CHECK(wrong("{}") == "line 1: there is no payload");
  CHECK(wrong("{\"payload\":\"0\"}") == "line 1: payload is not hexadecimal");
  CHECK(wrong("{\"payload\":7}") == "line 1: payload is no string");
  CHECK(wrong("{\"payload\":\"\",\"payload\":\"\"}") == "line 1: a key is there twice");
  CHECK(wrong("{\"payload\":\"\",\"seq\":18446744073709551616}") == "line 1: seq is no u64");
  CHECK(wrong("{\"payload\":\"\",\"flags\":65536}") == "line 1: flags is no u16");
  CHECK(wrong("{\"payload\":\"\",\"x\":{}}") == "line 1: an unknown key's value is not plain");
  CHECK(wrong("{\"payload\":\"\"") == "line 1: expected , or }");
  CHECK(wrong("{\"payload\":\"\"} x") == "line 1: something follows the object");
  CHECK(wrong("{\"payload") == "line 1: expected \"key\":");
}

TEST_CASE("what a framing cannot carry is refused and leaves nothing behind") {
  tally::Bytes out;
  Record record;
  record.payload = core::as_bytes("a\nb");
  CHECK_FALSE(net::encode_frame(Framing::line, record, out));
  const tally::Bytes long_payload(net::kMaxPayloadBytes + 1);
  record.payload = long_payload;
  CHECK_FALSE(net::encode_frame(Framing::rec, record, out));
  CHECK(out.empty());
}

TEST_CASE("framings have names") {
  for (const Framing framing : {Framing::rec, Framing::line, Framing::hex, Framing::jsonl}) {
    CHECK(net::parse_framing(net::framing_name(framing)).value() == framing);
  }
  const auto unknown = net::parse_framing("json");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().code == tally::Code::usage);
  CHECK(unknown.error().hint == "did you mean jsonl?");
}

TEST_SUITE_END();
