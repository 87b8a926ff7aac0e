#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <doctest/doctest.h>
#include <functional>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>

#include "json/value.hpp"
#include "net_client.hpp"
#include "net_report.hpp"
#include "net_server.hpp"
#include "net_target.hpp"

namespace bench = tally::bench;
namespace tool = tally::bench_tool;
using tally::Bytes;
using tally::Code;

namespace {

// A server of datagrams on 127.0.0.1 that does to its packets, counted from 0, what it is told:
// how often each is answered, after `before` was called.
class MischievousServer {
 public:
  using Answers = std::function<int(std::uint64_t number)>;
  explicit MischievousServer(Answers answers) : answers_(std::move(answers)) {
    target_ = tool::parse_target("udp://127.0.0.1:0").value();
    fd_ = tool::bind_to(target_).value();
    const timeval tick{0, 20'000};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &tick, sizeof tick);
    thread_ = std::thread([this] { work(); });
  }
  ~MischievousServer() {
    stopping_ = true;
    thread_.join();
  }
  MischievousServer(const MischievousServer&) = delete;
  MischievousServer& operator=(const MischievousServer&) = delete;

  [[nodiscard]] tally::UniqueFd connect() const {
    const auto target = tool::parse_target(tool::bound_text(target_, fd_.get())).value();
    return tool::connect_to(target, 1'000'000'000).value();
  }

 private:
  void work() {
    std::array<std::uint8_t, 2048> packet{};
    std::uint64_t number = 0;
    while (!stopping_) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      auto* address = reinterpret_cast<sockaddr*>(&from);
      const ssize_t got = ::recvfrom(fd_.get(), packet.data(), packet.size(), 0, address, &length);
      if (got < 0) continue;
      for (int i = answers_(number++); i > 0; --i)
        ::sendto(fd_.get(), packet.data(), static_cast<std::size_t>(got), 0, address, length);
    }
  }

  Answers answers_;
  tool::NetTarget target_;
  tally::UniqueFd fd_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

tool::NetLoad load_of(std::uint64_t count) {
  tool::NetLoad load;
  load.count = count;
  load.duration_ns = 20'000'000'000;
  load.run = 0x1122334455667788;
  return load;
}

void sleep_ms(int ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

TEST_SUITE_BEGIN("tally-bench");

TEST_CASE("a stall shows in the response times and not in the service times") {
  constexpr std::uint64_t kMs = 1'000'000;
  MischievousServer server([](std::uint64_t number) {
    if (number == 500) sleep_ms(100);
    return 1;
  });
  tool::NetLoad load = load_of(2000);
  load.schedule = bench::Schedule::fixed(2000);
  const auto fd = server.connect();
  const auto result = tool::run_client(fd.get(), load).value();
  CHECK(result.sent == 2000);
  CHECK(result.received == 2000);
  CHECK(result.lost == 0);
  CHECK(result.service.max() >= 99 * kMs);
  // 200 packets, a tenth, were due in these 100 ms: half of them waited 50 ms and more. One alone
  // was sent and waited, so without the others the 95th percentile knows nothing of the stall.
  CHECK(result.response.quantile(0.955) >= 40 * kMs);
  CHECK(result.service.quantile(0.955) < 40 * kMs);
  CHECK(result.response.count() == result.service.count());
}

TEST_CASE("a closed loop has service times alone") {
  MischievousServer server([](std::uint64_t) { return 1; });
  const auto fd = server.connect();
  const auto result = tool::run_client(fd.get(), load_of(50)).value();
  CHECK(result.received == 50);
  CHECK(result.response.count() == 0);
  CHECK(result.service.count() == 50);
}

TEST_CASE("lost packets are counted and late and foreign answers told apart") {
  MischievousServer server([](std::uint64_t number) {
    if (number == 3) return 0;
    if (number == 5) sleep_ms(150);  // beyond the timeout, so its answer is late
    return number == 7 ? 2 : 1;
  });
  tool::NetLoad load = load_of(20);
  load.timeout_ns = 50'000'000;
  const auto fd = server.connect();
  const auto result = tool::run_client(fd.get(), load).value();
  CHECK(result.sent == 20);
  CHECK(result.lost >= 2);
  CHECK(result.lost < 15);  // behind the one that was slow others wait
  CHECK(result.received + result.lost == 20);
  CHECK(result.late >= 2);
  CHECK(result.foreign == 0);
}

TEST_CASE("the window bounds what is unanswered") {
  MischievousServer server([](std::uint64_t number) { return number < 4 ? 0 : 1; });
  tool::NetLoad load = load_of(10);
  load.window = 4;
  load.timeout_ns = 60'000'000;
  const auto fd = server.connect();
  const auto result = tool::run_client(fd.get(), load).value();
  CHECK(result.lost == 4);
  CHECK(result.received == 6);
  // Nothing was sent while four were unanswered: the first answer came after the timeout.
  CHECK(result.duration_ns >= 59'000'000);
}

TEST_CASE("datagrams are split by the stamps of the kernel or the reason is said") {
  MischievousServer server([](std::uint64_t) { return 1; });
  tool::NetLoad load = load_of(200);
  load.schedule = bench::Schedule::fixed(2000);
  const auto fd = server.connect();
  const auto result = tool::run_client(fd.get(), load).value();
  const tool::NetSegments& segments = result.segments;
  if (!segments.reason.empty()) {
    CHECK(segments.wire.count() == 0);
    return;
  }
  CHECK(segments.wire.count() + segments.missing == result.received);
  CHECK(segments.kernel_out.count() == segments.wire.count());
  CHECK(segments.kernel_in.count() == segments.wire.count());
  // The parts are no longer than the whole.
  CHECK(segments.wire.quantile(0.5) <= result.service.max());
}

TEST_CASE("stamps that are not asked for are null with the reason") {
  MischievousServer server([](std::uint64_t) { return 1; });
  tool::NetReport report;
  report.target = "udp://127.0.0.1:1";
  report.load = load_of(5);
  report.load.stamps = false;
  const auto fd = server.connect();
  report.result = tool::run_client(fd.get(), report.load).value();
  const auto json = tally::json::parse(tool::to_json(report)).value();
  CHECK(json.find("response")->is_null());
  CHECK(json.find("segments")->find("wire")->is_null());
  CHECK(json.find("segments")->string_at("reason").value() == "not asked for");
  CHECK(json.find("segments")->find("nic")->is_null());
  CHECK(json.find("segments")->string_at("nic_reason").value() == "not asked for");
  CHECK(json.find("service")->int_at("count").value() == 5);
  const auto recording = tool::to_recording(report);
  CHECK(recording.name == "net.udp.rtt");
  CHECK(recording.latency.count() == 5);
  CHECK_FALSE(recording.corrected.has_value());
}

TEST_CASE("a stream is echoed by the server of the tool and its end is told") {
  const auto target = tool::parse_target("tcp://127.0.0.1:0").value();
  const auto listening = tool::bind_to(target).value();
  std::atomic<bool> stop{false};
  tool::ServeResult served;
  std::thread server([&] {
    served = tool::serve(listening.get(), {true, 0, [&] { return stop.load(); }}).value();
  });
  const auto address = tool::parse_target(tool::bound_text(target, listening.get())).value();
  tool::NetLoad load = load_of(300);
  load.tcp = true;
  load.window = 8;
  load.bytes = 5000;
  const auto fd = tool::connect_to(address, 1'000'000'000).value();
  const auto result = tool::run_client(fd.get(), load).value();
  CHECK(result.received == 300);
  CHECK(result.end == tool::NetEnd::complete);
  CHECK_FALSE(result.segments.reason.empty());
  stop = true;
  server.join();
  CHECK(served.connections == 1);
  CHECK(served.answers >= 1);
  // The server has gone, and with it the connection.
  const auto after = tool::run_client(fd.get(), load).value();
  CHECK(after.end == tool::NetEnd::closed);
}

TEST_CASE("nobody at the other end is an error") {
  const auto target = tool::parse_target("udp://127.0.0.1:0").value();
  std::string free_address;
  {
    const auto fd = tool::bind_to(target).value();
    free_address = tool::bound_text(target, fd.get());
  }
  const auto fd = tool::connect_to(tool::parse_target(free_address).value(), 1'000'000).value();
  const auto result = tool::run_client(fd.get(), load_of(5));
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Code::try_again);
}

TEST_CASE("addresses are udp or tcp and nothing else") {
  CHECK(tool::parse_target("tcp://127.0.0.1:80").value().tcp);
  CHECK_FALSE(tool::parse_target("udp://[::1]:80").value().tcp);
  for (const char* wrong : {"", "127.0.0.1:80", "unix:/x", "tcp://127.0.0.1", "udp://127.0.0.1:x",
                            "tcp:127.0.0.1:80", "udp://127.0.0.1:80,rcvbuf=1MiB", "file:x"}) {
    const auto target = tool::parse_target(wrong);
    REQUIRE_FALSE(target.has_value());
    CHECK(target.error().code == Code::usage);
  }
}

TEST_CASE("answers are told from other packets in both dialects") {
  Bytes packet(32);
  tool::write_packet(tool::Dialect::echo, 77, 5, packet);
  CHECK(tool::read_answer(tool::Dialect::echo, 77, 32, packet).value() == 5);
  CHECK_FALSE(tool::read_answer(tool::Dialect::echo, 78, 32, packet).has_value());
  CHECK_FALSE(tool::read_answer(tool::Dialect::echo, 77, 33, packet).has_value());
  tool::write_packet(tool::Dialect::sockperf, 77, 258, packet);
  CHECK(Bytes(packet.begin(), packet.begin() + 14) ==
        Bytes{0, 0, 0, 0, 0, 0, 1, 2, 0, 3, 0, 0, 0, 32});
  // Its own packet is no answer; the server takes the client's flag away.
  CHECK_FALSE(tool::read_answer(tool::Dialect::sockperf, 77, 32, packet).has_value());
  packet[9] = 2;
  CHECK(tool::read_answer(tool::Dialect::sockperf, 77, 32, packet).value() == 258);
}

TEST_SUITE_END();
