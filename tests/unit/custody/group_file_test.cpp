#include "custody/group_file.hpp"

#include <doctest/doctest.h>

#include "sample.hpp"

namespace custody = tally::custody;
namespace mpc = tally::mpc;
using tally::Code;
using tally::test::sample_dealing;

namespace {

std::string sample_text() {
  return custody::encode_group(sample_dealing().group());
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("a group is read as it was written") {
  for (const std::uint32_t parties : {2U, 4U, mpc::kMostParties}) {
    const auto dealing = sample_dealing(2, parties);
    const auto read = custody::parse_group(custody::encode_group(dealing.group()));
    REQUIRE(read.has_value());
    CHECK(read->encode() == dealing.group().encode());
    CHECK(custody::encode_group(dealing.group()).size() <= custody::kLargestGroupFileBytes);
  }
}

TEST_CASE("every cut and every changed byte of a group file is refused") {
  const std::string text = sample_text();
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto read = custody::parse_group(std::string_view(text).substr(0, size));
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Code::bad_data);
  }
  for (std::size_t at = 0; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(custody::parse_group(changed).has_value());
  }
  CHECK_FALSE(custody::parse_group(text + "\n").has_value());
}

TEST_CASE("a group has one spelling") {
  std::string text = sample_text();
  text.replace(text.find("threshold 2"), 11, "threshold 02");
  CHECK_FALSE(custody::parse_group(text).has_value());
  text = sample_text();
  const auto at = text.find("key 0") + 5;
  for (auto i = at; text[i] != '\n'; ++i) text[i] = static_cast<char>(std::toupper(text[i]));
  CHECK_FALSE(custody::parse_group(text).has_value());
}

TEST_CASE("a group whose shares do not belong to its key is refused") {
  std::string text = sample_text();
  const std::string other = custody::encode_group(sample_dealing(2, 3, 8).group());
  const auto at = text.find("party 1 ");
  text.replace(at, 74, other, other.find("party 1 "), 74);
  const auto read = custody::parse_group(text);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == Code::bad_data);
}

TEST_CASE("a changed id is refused") {
  std::string text = sample_text();
  const auto at = text.find("id ") + 3;
  text[at] = text[at] == '0' ? '1' : '0';
  const auto read = custody::parse_group(text);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().message ==
        "the group file was changed: its id and state do not match its lines");
}

TEST_CASE("thresholds out of range are refused") {
  for (const char* threshold : {"threshold 0", "threshold 4", "threshold 65536", "threshold -1"}) {
    std::string text = sample_text();
    text.replace(text.find("threshold 2"), 11, threshold);
    CHECK_FALSE(custody::parse_group(text).has_value());
  }
}

TEST_CASE("another version says so") {
  std::string text = sample_text();
  text[12] = '1';
  const auto read = custody::parse_group(text);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().message == "group file of another version");
}

TEST_SUITE_END();
