// Whatever is framed comes back the same, in pieces of any size; and what is cut anywhere gives a
// beginning of the records and then an error or the end, never a record that was not sent.
#include "net/frame.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <vector>

#include "net/frame_decoder.hpp"

namespace net = tally::net;
using net::FrameDecoder;
using net::Framing;
using Step = net::FrameDecoder::Step;

namespace {

struct Sent {
  std::uint64_t sequence = 0;
  std::uint64_t time_ns = 0;
  std::uint16_t flags = 0;
  std::uint16_t source = 0;
  tally::Bytes payload;
  bool operator==(const Sent&) const = default;
};

std::vector<Sent> any_records(Framing framing) {
  auto payloads =
      *rc::gen::container<std::vector<tally::Bytes>>(rc::gen::arbitrary<tally::Bytes>());
  std::vector<Sent> records;
  for (auto& payload : payloads) {
    if (framing == Framing::line) std::erase(payload, '\n');
    Sent sent;
    sent.payload = std::move(payload);
    // line and hex carry nothing else, and count from 1.
    sent.sequence = records.size() + 1;
    if (framing == Framing::rec || framing == Framing::jsonl) {
      sent.sequence = *rc::gen::arbitrary<std::uint64_t>();
      sent.time_ns = *rc::gen::arbitrary<std::uint64_t>();
      sent.flags = *rc::gen::arbitrary<std::uint16_t>();
      sent.source = *rc::gen::arbitrary<std::uint16_t>();
    }
    records.push_back(std::move(sent));
  }
  return records;
}

tally::Bytes encode(Framing framing, const std::vector<Sent>& records) {
  tally::Bytes stream;
  for (const Sent& sent : records) {
    RC_ASSERT(net::encode_frame(
        framing, {sent.sequence, sent.time_ns, sent.flags, sent.source, sent.payload}, stream));
  }
  return stream;
}

Step drain(FrameDecoder& decoder, std::vector<Sent>& out) {
  net::Record record;
  Step step = decoder.next(record);
  for (; step == Step::record; step = decoder.next(record)) {
    out.push_back({record.sequence, record.time_ns, record.flags, record.source,
                   tally::Bytes(record.payload.begin(), record.payload.end())});
  }
  return step;
}

// The stream in pieces of 1 to 40 bytes or, now and then, all that is left.
Step decode(Framing framing, const tally::Bytes& stream, std::vector<Sent>& out) {
  FrameDecoder decoder(framing);
  std::size_t at = 0;
  while (at < stream.size()) {
    const std::size_t wanted = *rc::gen::inRange<std::size_t>(1, 42);
    const std::size_t left = stream.size() - at;
    const std::size_t piece = wanted == 41 ? left : std::min(wanted, left);
    const auto space = decoder.space();
    RC_ASSERT(space.size() >= std::size_t{65536});
    std::copy_n(stream.begin() + static_cast<long>(at), piece, space.begin());
    decoder.filled(piece);
    at += piece;
    if (drain(decoder, out) == Step::failed) return Step::failed;
  }
  decoder.end_input();
  return drain(decoder, out);
}

Framing any_framing() {
  return *rc::gen::element(Framing::rec, Framing::line, Framing::hex, Framing::jsonl);
}

}  // namespace

TEST_SUITE_BEGIN("property");

TEST_CASE("framed records come back whatever the pieces") {
  CHECK(rc::check("round trip", [] {
    const Framing framing = any_framing();
    const std::vector<Sent> sent = any_records(framing);
    std::vector<Sent> got;
    RC_ASSERT(decode(framing, encode(framing, sent), got) == Step::end);
    RC_ASSERT(got == sent);
  }));
}

TEST_CASE("a cut stream gives a beginning and nothing else") {
  CHECK(rc::check("truncation", [] {
    const std::vector<Sent> sent = any_records(Framing::rec);
    tally::Bytes stream = encode(Framing::rec, sent);
    const std::size_t cut = *rc::gen::inRange<std::size_t>(0, stream.size() + 1);
    stream.resize(cut);
    std::vector<Sent> got;
    const Step last = decode(Framing::rec, stream, got);
    std::size_t whole = 0;
    for (const Sent& one : got) whole += net::kRecHeaderBytes + one.payload.size();
    RC_ASSERT(got.size() <= sent.size());
    RC_ASSERT(std::equal(got.begin(), got.end(), sent.begin()));
    RC_ASSERT(last == (whole == cut ? Step::end : Step::failed));
  }));
}

TEST_CASE("one wrong bit in a header ends the stream there") {
  CHECK(rc::check("bit flip", [] {
    std::vector<Sent> sent = any_records(Framing::rec);
    RC_PRE(!sent.empty());
    tally::Bytes stream = encode(Framing::rec, sent);
    const std::size_t victim = *rc::gen::inRange<std::size_t>(0, sent.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < victim; ++i) at += net::kRecHeaderBytes + sent[i].payload.size();
    const std::size_t bit = *rc::gen::inRange<std::size_t>(0, 8 * net::kRecHeaderBytes);
    stream[at + bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    std::vector<Sent> got;
    RC_ASSERT(decode(Framing::rec, stream, got) == Step::failed);
    sent.resize(victim);
    RC_ASSERT(got == sent);
  }));
}

TEST_SUITE_END();
