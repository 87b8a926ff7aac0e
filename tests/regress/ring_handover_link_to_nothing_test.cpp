// A symbolic link to nothing at the path of a ring without a name was tried for ever: connecting
// found nothing at its end, and making a socket found the link.
#include <doctest/doctest.h>
#include <unistd.h>

#include "ring/producer.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"

TEST_SUITE_BEGIN("regress");

TEST_CASE("a link to nothing is no path for a ring that is handed over") {
  const tally::test::Folder folder;
  const std::string path = folder.file("ring");
  REQUIRE(::symlink("nothing", path.c_str()) == 0);
  tally::test::Child child([&] {
    ::alarm(10);
    tally::ring::Options options;
    options.place = tally::ring::Place::handed;
    options.open_timeout_ns = 100'000'000;
    const auto refused = tally::ring::Producer::open(path, options);
    if (refused.has_value() || refused.error().code != tally::Code::usage) return 1;
    return refused.error().message.find("is no socket") == std::string::npos ? 2 : 0;
  });
  CHECK(child.reap() == 0);
  CHECK(::unlink(path.c_str()) == 0);  // it was left alone
}

TEST_SUITE_END();
