// Cases of lib/net: framing alone, and a datagram's way through the kernel and back.
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "cases.hpp"
#include "core/fd.hpp"
#include "net/frame.hpp"
#include "net/frame_decoder.hpp"
#include "subjects.hpp"
#include "udp_pair.hpp"

namespace tally::bench_tool {

namespace {

using Subject = std::unique_ptr<bench::Subject>;

constexpr std::size_t kPayloadBytes = 64;

// --- framing -------------------------------------------------------------------------------------

class Encode {
 public:
  Encode() : payload_(kPayloadBytes, 0x5a) { frame_.reserve(2 * kPayloadBytes); }
  bool operator()() {
    frame_.clear();
    net::Record record;
    record.sequence = ++sequence_;
    record.payload = payload_;
    return net::encode_frame(net::Framing::rec, record, frame_);
  }

 private:
  Bytes payload_;
  Bytes frame_;
  std::uint64_t sequence_ = 0;
};

// Takes records out of the same bytes again and again, a batch of them at a time.
class Decode {
 public:
  Decode() : decoder_(net::Framing::rec) {
    const Bytes payload(kPayloadBytes, 0x5a);
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      net::Record record;
      record.sequence = i;
      record.payload = payload;
      // A payload of 64 bytes is within every bound.
      (void)net::encode_frame(net::Framing::rec, record, frames_);
    }
  }
  bool operator()() {
    net::Record record;
    net::FrameDecoder::Step step = decoder_.next(record);
    if (step == net::FrameDecoder::Step::need_more) {
      std::memcpy(decoder_.space().data(), frames_.data(), frames_.size());
      decoder_.filled(frames_.size());
      step = decoder_.next(record);
    }
    return step == net::FrameDecoder::Step::record && record.payload.size() == kPayloadBytes;
  }

 private:
  static constexpr std::uint64_t kBatch = 64;
  net::FrameDecoder decoder_;
  Bytes frames_;
};

// --- a datagram and its echo ---------------------------------------------------------------------

Result<SocketPair> unix_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return fail_errno("cannot make a pair of sockets", errno);
  }
  return SocketPair{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

// Side 0 sends and waits for the echo; both poll, so that no wake-up is in the figure.
class Echo final : public bench::Subject {
 public:
  explicit Echo(SocketPair pair) : pair_(std::move(pair)) {}

  void run(std::size_t side, std::uint64_t operations) override {
    std::array<std::uint8_t, kPayloadBytes> packet{};
    const int fd = side == 0 ? pair_.near.get() : pair_.far.get();
    for (std::uint64_t i = 0; i < operations; ++i) {
      if (side == 0 && !exchange_first(fd, packet, i)) return;
      if (side == 1 && !(receive(fd, packet) && send(fd, packet))) return;
    }
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  using Packet = std::array<std::uint8_t, kPayloadBytes>;

  static bool send(int fd, const Packet& packet) {
    return ::send(fd, packet.data(), packet.size(), 0) == static_cast<ssize_t>(packet.size());
  }
  static bool receive(int fd, Packet& packet) {
    for (;;) {
      const ssize_t got = ::recv(fd, packet.data(), packet.size(), MSG_DONTWAIT);
      if (got == static_cast<ssize_t>(packet.size())) return true;
      if (got >= 0 || (errno != EAGAIN && errno != EINTR)) return false;
    }
  }
  bool exchange_first(int fd, Packet& packet, std::uint64_t number) {
    std::memcpy(packet.data(), &number, sizeof number);
    std::uint64_t echoed = 0;
    const bool answered = send(fd, packet) && receive(fd, packet);
    std::memcpy(&echoed, packet.data(), sizeof echoed);
    if (!answered || echoed != number) healthy_ = false;
    return answered;
  }

  SocketPair pair_;
  bool healthy_ = true;  // side 0 alone
};

template <Result<SocketPair> (*MakePair)()>
Result<Subject> echo() {
  TALLY_TRY(auto pair, MakePair());
  return std::make_unique<Echo>(std::move(pair));
}

}  // namespace

void add_net_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "net.frame.encode64";
  definition.summary = "a record of 64 bytes put into a rec frame";
  definition.make = []() -> Result<Subject> { return make_loop(Encode()); };
  registry.add(definition);

  definition.name = "net.frame.decode64";
  definition.summary = "a record of 64 bytes taken out of a stream of rec frames";
  definition.make = []() -> Result<Subject> { return make_loop(Decode()); };
  registry.add(definition);

  definition = {};
  definition.name = "net.udp.rtt64";
  definition.summary = "64 bytes by UDP over the loopback to a polling echo and back";
  definition.threads = 2;
  definition.make = echo<udp_pair>;
  definition.peers = {{"unix_datagram", echo<unix_pair>}};
  registry.add(definition);
}

}  // namespace tally::bench_tool
