// At a socket whose listener took nobody, and at which as many waited as it had room for, the next
// one waited for ever, whatever open-timeout said.
#include <cstring>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/fd.hpp"
#include "ring/consumer.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"

TEST_SUITE_BEGIN("regress");

TEST_CASE("a full queue before a listener holds nobody longer than the timeout") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  const tally::UniqueFd listener(::socket(AF_UNIX, SOCK_SEQPACKET, 0));
  REQUIRE(::bind(listener.get(), name, sizeof address) == 0);
  REQUIRE(::listen(listener.get(), 0) == 0);
  const tally::UniqueFd first(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0));
  REQUIRE(::connect(first.get(), name, sizeof address) == 0);
  const tally::UniqueFd second(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0));
  REQUIRE(::connect(second.get(), name, sizeof address) != 0);  // there is no room left

  tally::test::Child child([&] {
    ::alarm(10);
    tally::ring::Options options;
    options.place = tally::ring::Place::handed;
    options.open_timeout_ns = 100'000'000;
    const auto refused = tally::ring::Consumer::open(path, options);
    if (refused.has_value() || refused.error().code != tally::Code::try_again) return 1;
    return refused.error().message.find("others wait at") == std::string::npos ? 2 : 0;
  });
  CHECK(child.reap() == 0);
}

TEST_SUITE_END();
