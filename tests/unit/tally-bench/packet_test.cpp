#include <doctest/doctest.h>
#include <set>

#include "pipeline_ledger.hpp"
#include "pipeline_packet.hpp"

using namespace tally::bench_tool;
using tally::Bytes;

namespace {

constexpr RunId kRun = {1, 2, 3, 4, 5, 6, 7, 8};

}  // namespace

TEST_SUITE_BEGIN("pipeline");

TEST_CASE("a packet tells its sequence to its own run only") {
  Bytes packet(64);
  write_packet(kRun, 0x1122334455667788, 42, packet);
  CHECK(packet_sequence(kRun, packet).value() == 0x1122334455667788);
  RunId other = kRun;
  other[7] ^= 1U;
  CHECK_FALSE(packet_sequence(other, packet));
  packet[0] ^= 1U;
  CHECK_FALSE(packet_sequence(kRun, packet));
}

TEST_CASE("anything shorter than a header is no packet") {
  Bytes packet(kPacketHeaderBytes);
  write_packet(kRun, 7, 42, packet);
  CHECK(packet_sequence(kRun, packet).value() == 7);
  packet.pop_back();
  CHECK_FALSE(packet_sequence(kRun, packet));
  CHECK_FALSE(packet_sequence(kRun, {}));
}

TEST_CASE("no two packets of a run are equal") {
  std::set<Bytes> seen;
  for (std::uint64_t sequence = 0; sequence < 1000; ++sequence) {
    Bytes packet(40);
    write_packet(kRun, sequence, 42, packet);
    CHECK(seen.insert(packet).second);
  }
}

TEST_CASE("an answer to a packet that was not sent yet is foreign") {
  Ledger ledger(kRun, 10, 64);
  Bytes packet(64);
  ledger.write_next(0, 100, packet);
  CHECK_FALSE(ledger.take(packet, 200));
  CHECK(ledger.counts().foreign == 1);
  ledger.confirm_sent(1);
  CHECK(ledger.take(packet, 1100));
  CHECK(ledger.counts().received == 1);
  CHECK(ledger.latency().max() == 1000);
  CHECK_FALSE(ledger.has_signature(0));
}

TEST_CASE("an answer of another length is altered") {
  Ledger ledger(kRun, 10, 64);
  Bytes packet(64);
  ledger.write_next(0, 100, packet);
  ledger.confirm_sent(1);
  for (const std::size_t size : {63U, 65U, 127U, 129U}) {
    Bytes answer = packet;
    answer.resize(size);
    CHECK_FALSE(ledger.take(answer, 200));
  }
  CHECK(ledger.counts().altered == 4);
  packet.resize(128);
  CHECK(ledger.take(packet, 200));
  CHECK(ledger.has_signature(0));
}

TEST_SUITE_END();
