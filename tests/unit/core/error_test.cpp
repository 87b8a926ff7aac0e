#include "core/error.hpp"

#include <cerrno>
#include <doctest/doctest.h>

#include "core/result.hpp"

namespace core = tally::core;

namespace {

tally::Result<int> half(int number) {
  if (number % 2 != 0) return tally::fail(tally::Code::bad_data, "odd", "give an even number");
  return number / 2;
}

tally::Result<int> quarter(int number) {
  TALLY_TRY(const int once, half(number));
  TALLY_TRY(const int twice, half(once));
  return twice;
}

tally::Status both_even(int a, int b) {
  TALLY_CHECK(half(a));
  TALLY_CHECK(half(b));
  return {};
}

}  // namespace

TEST_SUITE_BEGIN("core");

TEST_CASE("errors travel upwards unchanged") {
  CHECK(quarter(8).value() == 2);
  const auto failed = quarter(6);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().message == "odd");
  CHECK(failed.error().hint == "give an even number");
  CHECK(both_even(2, 4).has_value());
  CHECK_FALSE(both_even(2, 3).has_value());
}

TEST_CASE("a context names the place and keeps the rest") {
  const core::Error error = core::os_error(tally::Code::io, "cannot write", ENOSPC, "free room");
  const core::Error placed = error.in("party 2");
  CHECK(placed.message == "party 2: cannot write: No space left on device");
  CHECK(placed.hint == "free room");
  CHECK(placed.os_errno == ENOSPC);
}

TEST_CASE("system errors map to exit statuses") {
  CHECK(core::code_for_errno(ENOENT) == tally::Code::no_input);
  CHECK(core::code_for_errno(EACCES) == tally::Code::permission);
  CHECK(core::code_for_errno(ENOSPC) == tally::Code::io);
  CHECK(core::code_for_errno(EOPNOTSUPP) == tally::Code::unavailable);
  CHECK(core::code_for_errno(ECONNREFUSED) == tally::Code::try_again);
  CHECK(core::code_for_errno(EBADF) == tally::Code::os_failure);
}

TEST_SUITE_END();
