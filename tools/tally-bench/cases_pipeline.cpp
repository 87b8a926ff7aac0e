// Cases of the chain with all its hops in one thread: socket, ring, signature, ring, socket. What
// the work itself costs, without a process that has to be woken; tally-bench pipeline measures the
// chain as it runs.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <fmt/format.h>
#include <functional>
#include <memory>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "cases.hpp"
#include "core/fd.hpp"
#include "parties.hpp"
#include "ring/consumer.hpp"
#include "ring/options.hpp"
#include "ring/producer.hpp"
#include "udp_pair.hpp"

namespace tally::bench_tool {

namespace {

using Subject = std::unique_ptr<bench::Subject>;

constexpr std::size_t kPacketBytes = 64;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::size_t kAnswerBytes = kPacketBytes + kSignatureBytes;
using Packet = std::array<std::uint8_t, kPacketBytes>;
using Answer = std::array<std::uint8_t, kAnswerBytes>;

struct Ring {
  ring::Producer producer;
  ring::Consumer consumer;
};

// Both ends of a ring, under a name that goes at once: the mapping is all that is needed.
Result<Ring> open_ring() {
  static std::atomic<unsigned> next{0};
  const std::string name = fmt::format("pipeline.{}.{}", ::getpid(), next++);
  ring::Options options;
  options.slots = 1024;
  options.bytes = kAnswerBytes;
  options.wait = queue::WaitPolicy::spin;
  TALLY_TRY(auto producer, ring::Producer::open(name, options));
  auto consumer = ring::Consumer::open(name, options);
  ::unlink(ring::ring_path(name).c_str());
  if (!consumer) return fail(consumer.error());
  return Ring{std::move(producer), std::move(*consumer)};
}

// Signs a packet into the bytes behind it; false when it cannot.
using Signing = std::function<bool(ByteView packet, MutableByteView signature)>;

class Hops final : public bench::Subject {
 public:
  Hops(SocketPair in, SocketPair out, Ring requests, Ring replies, Signing sign)
      : in_(std::move(in)),
        out_(std::move(out)),
        requests_(std::move(requests)),
        replies_(std::move(replies)),
        sign_(std::move(sign)) {}

  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations && healthy_; ++i) healthy_ = once();
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  bool once() {
    Packet packet{};
    ++sequence_;
    std::memcpy(packet.data(), &sequence_, sizeof sequence_);
    return send(in_.near, packet) && to_ring() && sign() && to_socket() && answered(packet);
  }
  // What tally-relay does in front: a datagram into the ring.
  bool to_ring() {
    Packet packet{};
    return receive(in_.far, packet) && requests_.producer.try_push(meta(), packet);
  }
  // What the coordinator does.
  bool sign() {
    Answer answer{};
    ring::RecordMeta got;
    const MutableByteView whole(answer);
    return requests_.consumer.try_pop(got, whole.first(kPacketBytes)) &&
           sign_(whole.first(kPacketBytes), whole.last(kSignatureBytes)) &&
           replies_.producer.try_push(got, answer);
  }
  // What tally-relay does behind.
  bool to_socket() {
    Answer answer{};
    ring::RecordMeta got;
    return replies_.consumer.try_pop(got, answer) && got.sequence == sequence_ &&
           send(out_.near, answer);
  }
  bool answered(const Packet& packet) {
    Answer answer{};
    return receive(out_.far, answer) && std::equal(packet.begin(), packet.end(), answer.begin());
  }

  [[nodiscard]] ring::RecordMeta meta() const {
    return {.sequence = sequence_, .time_ns = 1, .flags = 0, .source = 0, .length = 0};
  }
  template <std::size_t Bytes>
  static bool send(const UniqueFd& fd, const std::array<std::uint8_t, Bytes>& packet) {
    return ::send(fd.get(), packet.data(), Bytes, 0) == static_cast<ssize_t>(Bytes);
  }
  template <std::size_t Bytes>
  static bool receive(const UniqueFd& fd, std::array<std::uint8_t, Bytes>& packet) {
    return ::recv(fd.get(), packet.data(), Bytes, 0) == static_cast<ssize_t>(Bytes);
  }

  SocketPair in_;
  SocketPair out_;
  Ring requests_;
  Ring replies_;
  Signing sign_;
  std::uint64_t sequence_ = 0;
  bool healthy_ = true;
};

Result<Subject> hops(Signing sign) {
  TALLY_TRY(SocketPair in, udp_pair());
  TALLY_TRY(SocketPair out, udp_pair());
  TALLY_TRY(Ring requests, open_ring());
  TALLY_TRY(Ring replies, open_ring());
  return std::make_unique<Hops>(std::move(in), std::move(out), std::move(requests),
                                std::move(replies), std::move(sign));
}

Result<Subject> unsigned_hops() {
  return hops([](ByteView, MutableByteView) { return true; });
}

Result<Subject> signed_hops() {
  TALLY_TRY(auto parties, Parties::make(3, 4));
  return hops([parties = std::move(parties)](ByteView packet, MutableByteView signature) {
    const auto made = sign_once(*parties, packet);
    if (!made) return false;
    std::copy(made->begin(), made->end(), signature.begin());
    return true;
  });
}

// Two datagrams over the loopback: the kernel's part of it.
class TwoDatagrams final : public bench::Subject {
 public:
  TwoDatagrams(SocketPair in, SocketPair out) : in_(std::move(in)), out_(std::move(out)) {}

  void run(std::size_t /*side*/, std::uint64_t operations) override {
    for (std::uint64_t i = 0; i < operations && healthy_; ++i)
      healthy_ = pass(in_, kPacketBytes) && pass(out_, kAnswerBytes);
  }
  [[nodiscard]] bool healthy() const override { return healthy_; }

 private:
  static bool pass(const SocketPair& pair, std::size_t bytes) {
    Answer packet{};
    const auto all = static_cast<ssize_t>(bytes);
    return ::send(pair.near.get(), packet.data(), bytes, 0) == all &&
           ::recv(pair.far.get(), packet.data(), bytes, 0) == all;
  }

  SocketPair in_;
  SocketPair out_;
  bool healthy_ = true;
};

Result<Subject> two_datagrams() {
  TALLY_TRY(SocketPair in, udp_pair());
  TALLY_TRY(SocketPair out, udp_pair());
  return std::make_unique<TwoDatagrams>(std::move(in), std::move(out));
}

}  // namespace

void add_pipeline_cases(bench::Registry& registry) {
  bench::Case definition;
  definition.name = "pipeline.hops";
  definition.summary = "a datagram through two rings to another datagram, all hops in one thread";
  definition.countable = false;
  definition.make = unsigned_hops;
  definition.peers = {{"two_datagrams", two_datagrams, true}};
  registry.add(definition);

  definition.name = "pipeline.signed.3of4";
  definition.summary = "the same with a signature by three parties of four between the rings";
  definition.make = signed_hops;
  definition.peers = {{"ecdsa_verify", make_ecdsa_verify}};
  registry.add(definition);
}

}  // namespace tally::bench_tool
