// The chain of support/fake_signer.hpp as a program: fake_signer IN_PORT OUT_PORT [MISCHIEF=N]...
// Takes datagrams on 127.0.0.1:IN_PORT, sends the signed ones to 127.0.0.1:OUT_PORT, until it is
// killed. Prints its public key once it listens. An IN_PORT of 0 takes a free one and prints it
// after the key.
#include "support/fake_signer.hpp"

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <netinet/in.h>
#include <string>

#include "core/hex.hpp"

namespace {

sockaddr_in loopback(const char* port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(port)));
  return address;
}

tally::test::Mischief mischief_of(int argc, char** argv) {
  tally::test::Mischief mischief;
  const std::map<std::string, std::uint64_t*> names = {
      {"lose", &mischief.lose},   {"duplicate", &mischief.duplicate},
      {"spoil", &mischief.spoil}, {"bare", &mischief.leave_bare},
      {"alter", &mischief.alter}, {"strangers", &mischief.strangers},
      {"swap", &mischief.swap},   {"silent", &mischief.silent_after}};
  for (int i = 3; i < argc; ++i) {
    const std::string word = argv[i];
    const auto equals = word.find('=');
    const auto found = names.find(word.substr(0, equals));
    if (found == names.end() || equals == std::string::npos) {
      std::fprintf(stderr, "fake_signer: unknown mischief %s\n", argv[i]);
      std::exit(64);
    }
    *found->second = std::strtoull(word.c_str() + equals + 1, nullptr, 10);
  }
  return mischief;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 64;
  sockaddr_in in = loopback(argv[1]);
  const sockaddr_in out = loopback(argv[2]);
  socklen_t length = sizeof in;
  const int from_fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const int to_fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  // Room for a window of packets, each of which takes about a kilobyte of bookkeeping.
  const int room = 4 << 20;
  ::setsockopt(from_fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  ::setsockopt(from_fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room);
  if (::bind(from_fd, reinterpret_cast<const sockaddr*>(&in), sizeof in) != 0 ||
      ::getsockname(from_fd, reinterpret_cast<sockaddr*>(&in), &length) != 0 ||
      ::connect(to_fd, reinterpret_cast<const sockaddr*>(&out), sizeof out) != 0) {
    std::perror("fake_signer");
    return 71;
  }
  tally::test::FakeSigner signer(from_fd, to_fd, mischief_of(argc, argv));
  std::printf("%s %d\n", tally::core::to_hex(signer.public_key()).c_str(), ntohs(in.sin_port));
  std::fflush(stdout);
  for (;;) signer.step(1000);
}
