// A question for a lock that the kernel could not answer counted as the answer that nobody holds
// it, which says of a living process that it is dead.
#include <doctest/doctest.h>
#include <fcntl.h>

#include "core/fd.hpp"
#include "ring/liveness.hpp"
#include "ring/options.hpp"
#include "ring/producer.hpp"
#include "support/ring.hpp"

namespace {

TEST_CASE("a lock that the kernel cannot tell of counts as held") {
  CHECK(tally::ring::is_locked(-1, 0));
  CHECK(tally::ring::any_endpoint_locked(-1));
  const tally::test::RingName name("asked");
  const auto producer = tally::ring::Producer::open(name.str()).value();
  const tally::UniqueFd path(::open(name.path().c_str(), O_PATH | O_CLOEXEC));
  REQUIRE(path);
  CHECK(tally::ring::is_locked(path.get(), 1));
}

}  // namespace
