// A chain of one process for tests of tally-bench pipeline: takes datagrams, signs each with a
// known key by libsecp256k1 and sends them on, and misbehaves as it is told.
#pragma once

#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <optional>
#include <poll.h>
#include <secp256k1.h>
#include <secp256k1_extrakeys.h>
#include <secp256k1_schnorrsig.h>
#include <stdexcept>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include "core/bytes.hpp"

namespace tally::test {

// Every n-th datagram, counted from 1, is treated so; 0 is never.
struct Mischief {
  std::uint64_t lose = 0;
  std::uint64_t duplicate = 0;
  std::uint64_t spoil = 0;         // a wrong signature
  std::uint64_t leave_bare = 0;    // no signature
  std::uint64_t alter = 0;         // another payload, rightly signed
  std::uint64_t strangers = 0;     // a foreign datagram beside the answer
  std::uint64_t swap = 0;          // held until the next one has gone
  std::uint64_t silent_after = 0;  // answers so many and no more
};

class FakeSigner {
 public:
  FakeSigner(int from_fd, int to_fd, const Mischief& mischief)
      : from_fd_(from_fd),
        to_fd_(to_fd),
        mischief_(mischief),
        context_(secp256k1_context_create(SECP256K1_CONTEXT_NONE)) {
    std::array<std::uint8_t, 32> secret{};
    secret.fill(0x21);
    if (secp256k1_keypair_create(context_.get(), &key_, secret.data()) != 1)
      throw std::runtime_error("no key");
  }

  [[nodiscard]] ByteArray<32> public_key() const {
    secp256k1_xonly_pubkey point;
    ByteArray<32> bytes{};
    if (secp256k1_keypair_xonly_pub(context_.get(), &point, nullptr, &key_) != 1)
      throw std::runtime_error("no public key");
    secp256k1_xonly_pubkey_serialize(context_.get(), bytes.data(), &point);
    return bytes;
  }

  // Answers what is there; waits for the first datagram at most `wait_ms`.
  void step(int wait_ms) {
    pollfd polled{from_fd_, POLLIN, 0};
    ::poll(&polled, 1, wait_ms);
    Bytes datagram(65536);
    for (;;) {
      const ssize_t got = ::recv(from_fd_, datagram.data(), datagram.size(), MSG_DONTWAIT);
      if (got < 0) return;
      answer(Bytes(datagram.begin(), datagram.begin() + got));
    }
  }

 private:
  struct Destroy {
    void operator()(secp256k1_context* context) const { secp256k1_context_destroy(context); }
  };

  [[nodiscard]] bool every(std::uint64_t n) const { return n != 0 && seen_ % n == 0; }

  void answer(Bytes packet) {
    ++seen_;
    if (mischief_.silent_after != 0 && seen_ > mischief_.silent_after) return;
    if (every(mischief_.strangers)) send({1, 2, 3});
    if (every(mischief_.lose)) return;
    if (every(mischief_.alter)) packet.back() ^= 1U;
    Bytes answer = packet;
    if (!every(mischief_.leave_bare)) append_signature(answer);
    if (every(mischief_.spoil)) answer.back() ^= 1U;
    if (every(mischief_.swap)) {
      held_ = std::move(answer);
      return;
    }
    send(answer);
    if (every(mischief_.duplicate)) send(answer);
    if (!held_.empty()) send(std::exchange(held_, {}));
  }

  void append_signature(Bytes& packet) {
    const std::size_t size = packet.size();
    packet.resize(size + 64);
    secp256k1_schnorrsig_extraparams extra = SECP256K1_SCHNORRSIG_EXTRAPARAMS_INIT;
    if (secp256k1_schnorrsig_sign_custom(context_.get(), &packet[size], packet.data(), size, &key_,
                                         &extra) != 1)
      throw std::runtime_error("cannot sign");
  }

  // Blocking, so that nothing is lost that is not to be.
  void send(const Bytes& bytes) const {
    while (::send(to_fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) {
      if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) return;
      pollfd polled{to_fd_, POLLOUT, 0};
      ::poll(&polled, 1, 100);
    }
  }

  int from_fd_;
  int to_fd_;
  Mischief mischief_;
  std::unique_ptr<secp256k1_context, Destroy> context_;
  secp256k1_keypair key_{};
  std::uint64_t seen_ = 0;
  Bytes held_;
};

}  // namespace tally::test
