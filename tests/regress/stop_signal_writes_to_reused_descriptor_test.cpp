// A StopSignal that was gone left the number of its eventfd to the signal handler, which wrote into
// whatever file had been opened under that number since.
#include <cerrno>
#include <cstdint>
#include <doctest/doctest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "core/stop.hpp"

namespace core = tally::core;

TEST_SUITE_BEGIN("regress");

TEST_CASE("a stop after the signal object is gone writes to nobody") {
  int number = -1;
  {
    const auto stop = core::StopSignal::install();
    REQUIRE(stop.has_value());
    number = stop->fd();
  }
  const int other = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  REQUIRE(other == number);
  core::StopSignal::request();
  std::uint64_t count = 0;
  CHECK(::read(other, &count, sizeof count) == -1);
  CHECK(errno == EAGAIN);
  CHECK(core::StopSignal::requested());
  ::close(other);
}
