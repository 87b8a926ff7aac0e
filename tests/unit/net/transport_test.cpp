// Sources and sinks against each other in one process: engines, order, limits, ends.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <doctest/doctest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "core/clock.hpp"
#include "net/gen.hpp"
#include "net/open.hpp"
#include "net/stream.hpp"
#include "net/uring_source.hpp"
#include "support/skip.hpp"

namespace core = tally::core;
namespace net = tally::net;
using net::Engine;
using net::Flow;
using net::Record;

TEST_SUITE_BEGIN("net");

namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

std::uint64_t in_ms(std::uint64_t ms) {
  return core::monotonic_ns() + ms * 1'000'000;
}

net::Opened<net::Source> source_of(const std::string& text, Engine engine = Engine::poll) {
  const net::OpenOptions options{engine, {}};
  auto opened = net::open_source(net::parse_endpoint(text).value(), options, -1);
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

net::Opened<net::Sink> sink_of(const std::string& text) {
  auto opened = net::open_sink(net::parse_endpoint(text).value(), {});
  REQUIRE(opened.has_value());
  return std::move(*opened);
}

void send_all(net::Sink& sink, const std::vector<std::string>& payloads) {
  std::vector<Record> records;
  for (const std::string& payload : payloads) {
    records.push_back(Record{records.size() + 1, 0, 0, 0, core::as_bytes(payload)});
  }
  const net::Pushed pushed = sink.push(records, in_ms(2000));
  REQUIRE_FALSE(pushed.failed);
  REQUIRE(pushed.count == records.size());
}

// Pulls until `count` records have come, the end, or two seconds; checks that numbers have no gap.
std::vector<std::string> take(net::Source& source, std::size_t count,
                              std::uint64_t first_sequence = 1) {
  std::vector<std::string> payloads;
  std::array<Record, 64> batch;
  const std::uint64_t deadline = in_ms(2000);
  while (payloads.size() < count && core::monotonic_ns() < deadline) {
    const net::Pulled pulled = source.pull(batch, in_ms(50));
    for (std::size_t i = 0; i < pulled.count; ++i) {
      CHECK(batch[i].sequence == first_sequence + payloads.size());
      payloads.emplace_back(core::as_text(batch[i].payload));
    }
    source.settle(pulled.count);
    if (pulled.flow != Flow::open) break;
  }
  return payloads;
}

// Lengths that make runs, breaks between runs, and empty datagrams.
std::vector<std::string> mixed_payloads(std::size_t count) {
  std::vector<std::string> payloads;
  for (std::size_t i = 0; i < count; ++i) {
    static constexpr std::array<std::size_t, 7> kLengths{64, 64, 64, 10, 0, 1400, 1400};
    payloads.push_back(std::string(kLengths[i % kLengths.size()], static_cast<char>('a' + i % 26)));
  }
  return payloads;
}

void check_datagrams(Engine engine) {
  auto source = source_of("udp://127.0.0.1:0", engine);
  auto sink = sink_of(source.address);
  const auto sent = mixed_payloads(500);
  std::vector<std::string> got;
  for (std::size_t at = 0; at < sent.size(); at += 50) {
    send_all(*sink.side,
             {sent.begin() + static_cast<long>(at), sent.begin() + static_cast<long>(at) + 50});
    const auto some = take(*source.side, 50, at + 1);
    got.insert(got.end(), some.begin(), some.end());
  }
  CHECK(got == sent);
  const net::SourceCounts counts = source.side->counts();
  CHECK(counts.records == 500);
  CHECK(counts.kernel_drops == 0);
  CHECK(sink.side->counts().sent == 500);
  CHECK(sink.side->held() == 0);
}

// Runs `body` in a child that is not allowed to set up an io_uring. Returns its exit status.
template <typename Body>
int without_io_uring(Body body) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::array<sock_filter, 4> filter{
        {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
    const sock_fprog program{filter.size(), filter.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) ::_exit(77);
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool has_io_uring() {
  return net::Uring::open(8, 16).has_value();
}

}  // namespace

TEST_CASE("datagrams of any length arrive in order by recvmmsg") {
  check_datagrams(Engine::poll);
  check_datagrams(Engine::spin);
}

TEST_CASE("datagrams of any length arrive in order by the ring") {
  if (!has_io_uring()) tally::test::skip("io_uring is not available");
  check_datagrams(Engine::uring);
}

TEST_CASE("more datagrams than the ring has buffers arrive") {
  if (!has_io_uring()) tally::test::skip("io_uring is not available");
  auto source = source_of("udp://127.0.0.1:0", Engine::uring);
  auto sink = sink_of(source.address);
  const std::vector<std::string> sent(1000, "xyz");
  send_all(*sink.side, sent);
  CHECK(take(*source.side, 1000) == sent);
}

TEST_CASE("without a ring of the kernel automatic falls back and says so") {
  const int status = without_io_uring([] {
    const net::OpenOptions automatic{Engine::automatic, {}};
    const auto endpoint = net::parse_endpoint("udp://127.0.0.1:0").value();
    const auto opened = net::open_source(endpoint, automatic, -1);
    const bool fell_back = opened && opened->engine == "poll" && opened->notes.size() == 1 &&
                           opened->notes[0].find("io_uring is not available") == 0;
    const net::OpenOptions strict{Engine::uring, {}};
    const auto refused = net::open_source(endpoint, strict, -1);
    const bool said = !refused && refused.error().code == tally::Code::unavailable;
    return fell_back && said ? 0 : 1;
  });
  if (status == 77) tally::test::skip("seccomp filters are not allowed here");
  CHECK(status == 0);
}

TEST_CASE("a stopped source gives what had arrived and nothing later") {
  for (const Engine engine : {Engine::poll, Engine::automatic}) {
    auto source = source_of("udp://127.0.0.1:0", engine);
    auto sink = sink_of(source.address);
    const std::vector<std::string> before(300, "before");
    send_all(*sink.side, before);
    source.side->stop();
    send_all(*sink.side, {"after", "after"});
    CHECK(take(*source.side, 1000) == before);
    std::array<Record, 4> batch;
    CHECK(source.side->pull(batch, 0).flow == Flow::end);
    CHECK(source.side->counts().kernel_drops == 0);
  }
}

TEST_CASE("what the socket had no room for is counted") {
  for (const Engine engine : {Engine::poll, Engine::automatic}) {
    auto source = source_of("udp://127.0.0.1:0,rcvbuf=4096", engine);
    auto sink = sink_of(source.address);
    send_all(*sink.side, std::vector<std::string>(2000, std::string(1000, 'x')));
    std::size_t got = 0;
    std::array<Record, 64> batch;
    for (int quiet = 0; quiet < 3;) {
      const std::size_t count = source.side->pull(batch, in_ms(20)).count;
      got += count;
      quiet += count == 0 ? 1 : 0;
    }
    const net::SourceCounts counts = source.side->counts();
    CHECK(counts.kernel_drops > 0);
    CHECK(got + counts.kernel_drops == 2000);
  }
}

TEST_CASE("the port is free at once when a source ends") {
  for (int round = 0; round < 5; ++round) {
    auto source = source_of("udp://127.0.0.1:0", Engine::automatic);
    const std::string address = source.address;
    source.side.reset();
    const auto again =
        net::open_source(net::parse_endpoint(address).value(), {Engine::automatic, {}}, -1);
    REQUIRE(again.has_value());
    CHECK(again->notes.empty());
  }
}

TEST_CASE("a taken port is refused after a moment of patience") {
  const auto source = source_of("udp://127.0.0.1:0");
  const std::uint64_t start = core::monotonic_ns();
  const auto second = net::open_source(net::parse_endpoint(source.address).value(), {}, -1);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == tally::Code::try_again);
  CHECK(core::monotonic_ns() - start >= 100'000'000);
}

TEST_CASE("nobody listening is counted and not the end") {
  std::string address;
  {
    const auto gone = source_of("udp://127.0.0.1:0");
    address = gone.address;
  }
  auto sink = sink_of(address);
  for (int i = 0; i < 5; ++i) send_all(*sink.side, {"x"});
  CHECK(sink.side->counts().sent == 5);
  CHECK(sink.side->counts().refused > 0);
}

TEST_CASE("a datagram too long for the network is dropped by name") {
  auto source = source_of("udp://127.0.0.1:0");
  auto sink = sink_of(source.address);
  send_all(*sink.side, {std::string(65536, 'x'), "short"});
  CHECK(sink.side->counts().too_long == 1);
  CHECK(sink.side->counts().sent == 1);
  CHECK(take(*source.side, 1) == std::vector<std::string>{"short"});
}

TEST_CASE("ipv6 and abstract unix endpoints carry records") {
  for (const std::string text : {"unix:@tally-unit-test", "udp://[::1]:0"}) {
    const auto endpoint = net::parse_endpoint(text).value();
    auto opened = net::open_source(endpoint, {Engine::poll, {}}, -1);
    if (!opened && text.starts_with("udp")) tally::test::skip("this host has no IPv6 loopback");
    REQUIRE(opened.has_value());
    auto sink = sink_of(opened->address);
    send_all(*sink.side, {"one", "", "three"});
    CHECK(take(*opened->side, 3) == std::vector<std::string>{"one", "", "three"});
  }
}

TEST_CASE("a unix receiver that is full holds the sender back and loses nothing") {
  auto source = source_of("unix:@tally-unit-full");
  auto sink = sink_of("unix:@tally-unit-full");
  std::vector<Record> records(5000);
  for (std::size_t i = 0; i < records.size(); ++i) records[i].sequence = i + 1;
  std::size_t sent = 0;
  std::size_t got = 0;
  while (got < records.size()) {
    const auto pushed = sink.side->push(std::span(records).subspan(sent), in_ms(1));
    REQUIRE_FALSE(pushed.failed);
    sent += pushed.count;
    std::array<Record, 64> batch;
    got += source.side->pull(batch, in_ms(1)).count;
  }
  CHECK(sent == records.size());
  CHECK(got == records.size());
}

TEST_CASE("a pipe that nobody reads holds the sender back until the deadline") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  {
    net::StreamSink sink(ends[1], tally::UniqueFd(ends[1]), "pipe", net::Framing::rec);
    const tally::Bytes payload(60000);
    const std::vector<Record> records(20, Record{1, 0, 0, 0, payload});
    const std::uint64_t start = core::monotonic_ns();
    const net::Pushed pushed = sink.push(records, in_ms(50));
    CHECK_FALSE(pushed.failed);
    CHECK(pushed.count < records.size());
    CHECK(core::monotonic_ns() - start < 5 * kSecond);
    const auto& counts = sink.counts();
    CHECK(counts.accepted == counts.sent + counts.drops() + sink.held());
    CHECK(sink.held() > 0);
    CHECK_FALSE(sink.close(in_ms(20)).has_value());
    CHECK(sink.held() == 0);
    CHECK(counts.lost_at_close > 0);
  }
  ::close(ends[0]);
}

TEST_CASE("a generator keeps its schedule and its window") {
  net::GenOptions options;
  options.count = 20;
  options.rate = 1000;
  net::GenSource source(options, -1);
  std::array<Record, 64> batch;
  const std::uint64_t start = core::monotonic_ns();
  std::size_t got = 0;
  for (;;) {
    const net::Pulled pulled = source.pull(batch, in_ms(100));
    got += pulled.count;
    const std::uint64_t due = (core::monotonic_ns() - start) / 1'000'000 + 2;
    CHECK(got <= due);
    if (pulled.flow == Flow::end) break;
  }
  CHECK(got == 20);
}

TEST_CASE("a generator with a window waits for each reply") {
  std::array<int, 2> ends{};
  REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM, 0, ends.data()) == 0);
  const tally::UniqueFd here(ends[0]);
  const tally::UniqueFd there(ends[1]);
  net::GenOptions options;
  options.count = 6;
  options.window = 4;
  options.timeout_ns = 10 * kSecond;
  net::GenSource source(options, here.get());
  std::array<Record, 64> batch;
  CHECK(source.pull(batch, in_ms(20)).count == 4);
  CHECK(source.pull(batch, in_ms(20)).count == 0);
  // Replies that come between two looks at the clock must not be taken for late ones.
  for (int i = 0; i < 4; ++i) REQUIRE(::send(there.get(), "r", 1, 0) == 1);
  CHECK(source.pull(batch, in_ms(20)).count == 2);
  for (int i = 0; i < 2; ++i) REQUIRE(::send(there.get(), "r", 1, 0) == 1);
  CHECK(source.pull(batch, in_ms(20)).flow == Flow::end);
  CHECK(source.counts().replies == 6);
  CHECK(source.counts().replies_missing == 0);
}

TEST_CASE("adaptive spinning grows when it pays and shrinks when it does not") {
  net::SpinBudget budget(net::Idle::adaptive);
  const std::uint64_t least = budget.budget_ns();
  for (int i = 0; i < 10; ++i) budget.paid();
  CHECK(budget.budget_ns() == 32 * least);
  for (int i = 0; i < 10; ++i) budget.wasted();
  CHECK(budget.budget_ns() == least);
  CHECK(net::SpinBudget(net::Idle::spin).until(5, 100) == 100);
  CHECK(net::SpinBudget(net::Idle::block).until(5, 100) == 5);
}

TEST_SUITE_END();
