// Who was given several descriptors instead of a ring refused them and kept them open.
#include <array>
#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "core/fd.hpp"
#include "ring/consumer.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"

namespace {

constexpr int kGiven = 3;  // a message of one descriptor happens to have room for two

int give_several(int listener) {
  const tally::UniqueFd taker(::accept(listener, nullptr, nullptr));
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kGiven * sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(kGiven * sizeof(int));
  const std::array<int, kGiven> given = {listener, listener, listener};
  std::memcpy(CMSG_DATA(header), given.data(), sizeof given);
  if (::sendmsg(taker.get(), &message, 0) != 1) return 1;
  return ::recv(taker.get(), &byte, 1, 0) == 0 ? 0 : 2;  // until it was refused
}

std::ptrdiff_t count_open() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return std::distance(begin(open), end(open));
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("descriptors that are handed over and refused are closed") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  const tally::UniqueFd listener(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), address.sun_path);
  REQUIRE(::bind(listener.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 1) == 0);
  tally::test::Child giver([&] { return give_several(listener.get()); });
  tally::ring::Options options;
  options.place = tally::ring::Place::handed;
  const std::ptrdiff_t before = count_open();
  const auto refused = tally::ring::Consumer::open(path, options);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == tally::Code::bad_data);
  CHECK(count_open() == before);
  CHECK(giver.reap() == 0);
}

TEST_SUITE_END();
