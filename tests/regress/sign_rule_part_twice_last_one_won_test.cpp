// Of a part that stood twice in a rule of what a party signs, the last one won without a word:
// --allow prefix=706179,prefix=00 signed what begins with a zero byte.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "policy.hpp"

using tally::sign::Policy;

namespace {

std::string refusal(const std::string& rule) {
  const auto policy = Policy::parse({rule});
  return policy ? "" : policy.error().message;
}

bool allows(const std::string& rule, std::string_view message) {
  return Policy::parse({rule}).value().allows(tally::core::as_bytes(message));
}

}  // namespace

TEST_CASE("a part of a rule that stands twice is refused") {
  CHECK(refusal("prefix=706179,prefix=00") ==
        "--allow prefix=706179,prefix=00: prefix stands twice");
  CHECK(refusal("max-bytes=4,prefix=00,max-bytes=9") ==
        "--allow max-bytes=4,prefix=00,max-bytes=9: max-bytes stands twice");
  for (const std::string wrong : {"prefix=", "max-bytes=", "max-bytes=-1", "max-bytes=1k", ""}) {
    CAPTURE(wrong);
    CHECK(refusal(wrong) == fmt::format("--allow {0}: '{0}' is no part of a rule", wrong));
  }
}

TEST_CASE("a rule asks for the parts that it has") {
  CHECK(allows("any", ""));
  CHECK(allows("prefix=7061,max-bytes=4", "pay5"));
  CHECK_FALSE(allows("prefix=7061,max-bytes=4", "pay 5"));
  CHECK_FALSE(allows("max-bytes=4,prefix=7061", "p"));
  CHECK(allows("prefix=7061", "pay 5 to carol"));
  CHECK(allows("max-bytes=4", "1234"));
  CHECK_FALSE(allows("max-bytes=0", "1"));
}
