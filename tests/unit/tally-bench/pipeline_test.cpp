// The pipeline run against a chain that misbehaves in every way there is a count for.
#include <array>
#include <atomic>
#include <doctest/doctest.h>
#include <memory>
#include <sys/socket.h>
#include <thread>

#include "core/fd.hpp"
#include "core/hex.hpp"
#include "json/value.hpp"
#include "pipeline_exchange.hpp"
#include "pipeline_report.hpp"
#include "pipeline_verify.hpp"
#include "support/fake_signer.hpp"

using namespace tally::bench_tool;
using tally::ByteArray;
using tally::Code;
using tally::UniqueFd;
using tally::test::FakeSigner;
using tally::test::Mischief;

namespace {

struct SocketPair {
  SocketPair() {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()) != 0) return;
    ours = UniqueFd(ends[0]);
    theirs = UniqueFd(ends[1]);
  }
  UniqueFd ours;
  UniqueFd theirs;
};

constexpr std::size_t kPacketBytes = 64;
constexpr RunId kRun = {1, 2, 3, 4, 5, 6, 7, 8};

// What a run of `options` against a chain with `mischief` gives.
struct Run {
  std::unique_ptr<Ledger> ledger;
  PipelineReport report;
  ByteArray<32> key{};
};

Run run_pipeline(const ExchangeOptions& options, const Mischief& mischief) {
  Run run;
  run.ledger = std::make_unique<Ledger>(kRun, options.count, kPacketBytes);
  const SocketPair into;
  const SocketPair back;
  FakeSigner signer(into.theirs.get(), back.theirs.get(), mischief);
  run.key = signer.public_key();
  std::atomic<bool> over{false};
  std::thread chain([&] {
    while (!over) signer.step(5);
  });
  auto result = exchange(into.ours.get(), back.ours.get(), options, *run.ledger);
  over = true;
  chain.join();
  REQUIRE(result.has_value());
  run.report.exchange = *result;
  run.report.load = options;
  run.report.verify =
      verify_signatures(*run.ledger, run.key, {.threads = 2, .stop = {}, .progress = {}});
  return run;
}

ExchangeOptions packets(std::uint64_t count) {
  ExchangeOptions options;
  options.count = count;
  options.window = 32;
  options.timeout_ns = 300'000'000;
  return options;
}

}  // namespace

TEST_SUITE_BEGIN("pipeline");

TEST_CASE("an honest chain loses nothing and every signature verifies") {
  const Run run = run_pipeline(packets(500), {});
  const PipelineCounts& counts = run.ledger->counts();
  CHECK(run.report.exchange.end == ExchangeEnd::complete);
  CHECK(counts.sent == 500);
  CHECK(counts.received == 500);
  CHECK(counts.signed_ == 500);
  CHECK(counts.lost() == 0);
  CHECK(counts.duplicates + counts.altered + counts.foreign + counts.reordered == 0);
  CHECK(run.report.verify.verified == 500);
  CHECK(run.report.verify.complete);
  CHECK(run.ledger->latency().count() == 500);
  CHECK(all_well(run.report, counts));
}

TEST_CASE("lost packets are counted and the run ends") {
  const Run run = run_pipeline(packets(200), {.lose = 50});
  CHECK(run.report.exchange.end == ExchangeEnd::stalled);
  CHECK(run.ledger->counts().lost() == 4);
  CHECK(run.report.verify.verified == 196);
  CHECK_FALSE(all_well(run.report, run.ledger->counts()));
}

TEST_CASE("a wrong signature is found and named") {
  const Run run = run_pipeline(packets(100), {.spoil = 40});
  CHECK(run.report.verify.verified == 98);
  CHECK(run.report.verify.bad == 2);
  CHECK(run.report.verify.first_bad.value() == 39);
  CHECK_FALSE(all_well(run.report, run.ledger->counts()));
}

TEST_CASE("a signature by another key verifies nowhere") {
  const Run run = run_pipeline(packets(20), {});
  ByteArray<32> other{};
  // The generator's x-coordinate: a point, and not the signer's.
  const auto key =
      parse_xonly_key("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798");
  REQUIRE(key.has_value());
  other = *key;
  const VerifyResult result = verify_signatures(*run.ledger, other, {});
  CHECK(result.verified == 0);
  CHECK(result.bad == 20);
}

TEST_CASE("an answer without a signature is received and not signed") {
  const Run run = run_pipeline(packets(100), {.leave_bare = 25});
  CHECK(run.ledger->counts().received == 100);
  CHECK(run.ledger->counts().signed_ == 96);
  CHECK(run.report.verify.verified == 96);
  CHECK_FALSE(all_well(run.report, run.ledger->counts()));
}

TEST_CASE("an altered packet is no answer though its signature is right") {
  const Run run = run_pipeline(packets(100), {.alter = 50});
  CHECK(run.ledger->counts().altered == 2);
  CHECK(run.ledger->counts().lost() == 2);
  CHECK_FALSE(all_well(run.report, run.ledger->counts()));
}

TEST_CASE("duplicates and strangers and changes of order are counted and harmless") {
  const Run run = run_pipeline(packets(220), {.duplicate = 30, .strangers = 70, .swap = 40});
  const PipelineCounts& counts = run.ledger->counts();
  CHECK(counts.received == 220);
  CHECK(counts.duplicates == 6);  // the 120th is held back, and sent once
  CHECK(counts.foreign == 3);
  CHECK(counts.reordered == 5);
  CHECK(all_well(run.report, counts));
}

TEST_CASE("a chain that falls silent ends the run after the timeout with what there is") {
  const Run run = run_pipeline(packets(1000), {.silent_after = 100});
  CHECK(run.report.exchange.end == ExchangeEnd::stalled);
  CHECK(run.ledger->counts().received == 100);
  CHECK(run.ledger->counts().sent == 132);  // the window, and no more
  CHECK(run.ledger->counts().lost() == 32);
}

TEST_CASE("an open loop counts from the intended time and what the window held back") {
  ExchangeOptions options = packets(100);
  options.schedule =
      tally::bench::Schedule::fixed(1e6);  // all are due within 100 us, the window is 32
  const Run run = run_pipeline(options, {});
  CHECK(run.ledger->counts().received == 100);
  CHECK(run.report.exchange.held_back > 0);
  CHECK(run.report.exchange.held_back <= 68);
  CHECK(run.report.exchange.held_back_ns_max > 0);
}

TEST_CASE("a stop ends the run at once and marks the report") {
  ExchangeOptions options = packets(1000);
  std::uint64_t answered = 0;
  options.progress = [&](std::uint64_t received) { answered = received; };
  options.stop = [&] { return answered >= 50; };
  Run run = run_pipeline(options, {});
  CHECK(run.report.exchange.end == ExchangeEnd::stopped);
  CHECK(run.report.partial());
  CHECK(run.ledger->counts().received < 1000);
}

TEST_CASE("a verification that is stopped says that it is not complete") {
  const Run run = run_pipeline(packets(500), {});
  VerifyOptions options;
  options.stop = [] { return true; };
  // The first look is after 2 ms; one thread needs ten times as long for 500 signatures.
  const VerifyResult result = verify_signatures(*run.ledger, run.key, options);
  CHECK(result.bad == 0);
  CHECK(result.complete == (result.verified == 500));
}

TEST_CASE("a refused packet before any answer is an error with a hint") {
  // A unix socket whose peer has gone refuses as a closed port of the loopback does.
  SocketPair into;
  const SocketPair back;
  into.theirs.reset();
  Ledger ledger(kRun, 10, kPacketBytes);
  const auto result = exchange(into.ours.get(), back.ours.get(), packets(10), ledger);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::try_again);
  CHECK_FALSE(result.error().hint.empty());
}

TEST_CASE("public keys are x only or compressed") {
  const std::string x = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
  CHECK(tally::core::to_hex(parse_xonly_key(x).value()) == x);
  CHECK(tally::core::to_hex(parse_xonly_key("03" + x).value()) == x);
  for (const std::string& bad : {std::string{}, x.substr(2), "04" + x, x + "00",
                                 std::string(64, 'f'), std::string(64, 'g')}) {
    CAPTURE(bad);
    REQUIRE_FALSE(parse_xonly_key(bad).has_value());
    CHECK(parse_xonly_key(bad).error().code == Code::bad_data);
  }
}

TEST_CASE("the JSON of a report can be read and has its counts") {
  const Run run = run_pipeline(packets(50), {.lose = 50});
  const auto document = tally::json::parse(to_json(run.report, *run.ledger));
  REQUIRE(document.has_value());
  CHECK(document->string_at("schema").value() == "tally.bench.pipeline/1");
  CHECK(document->string_at("end").value() == "stalled");
  CHECK(document->int_at("sent").value() == 50);
  CHECK(document->int_at("lost").value() == 1);
  CHECK(document->int_at("verified").value() == 49);
  CHECK(document->bool_at("partial").value() == false);
  CHECK(document->array_at("hops").value()->back().string_at("name").value() == "end_to_end");
  CHECK(to_text(run.report, *run.ledger)
            .find("sent 50, received 49, signed 49, verified 49, lost 1") == 0);
}

TEST_SUITE_END();
