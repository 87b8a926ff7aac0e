#include "custody/group.hpp"

#include <doctest/doctest.h>

#include "sample.hpp"

namespace custody = tally::custody;
using tally::Code;
using tally::test::sample_group;

TEST_SUITE_BEGIN("custody");

TEST_CASE("a group is read as it was written") {
  for (const std::uint16_t parties : {std::uint16_t{1}, std::uint16_t{4}, custody::kMostParties}) {
    auto group = sample_group(1, 1);
    group.parties = parties;
    group.party_keys.assign(parties, group.public_key);
    const std::string text = custody::encode_group(group);
    const auto read = custody::parse_group(text);
    REQUIRE(read.has_value());
    CHECK(*read == group);
  }
}

TEST_CASE("every cut and every changed byte of a group file is refused") {
  const std::string text = custody::encode_group(sample_group());
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
  std::string text = custody::encode_group(sample_group());
  text.replace(text.find("threshold 2"), 11, "threshold 02");
  CHECK_FALSE(custody::parse_group(text).has_value());
  text = custody::encode_group(sample_group());
  const auto at = text.find("key 0") + 5;
  for (auto i = at; text[i] != '\n'; ++i) text[i] = static_cast<char>(std::toupper(text[i]));
  CHECK_FALSE(custody::parse_group(text).has_value());
}

TEST_CASE("a point off the curve is named by its party") {
  auto group = sample_group();
  group.party_keys[1].fill(0xff);
  group.party_keys[1][0] = 2;
  const auto read = custody::parse_group(custody::encode_group(group));
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().message == "the key of party 1 is not on the curve");
}

TEST_CASE("thresholds out of range are refused") {
  for (const std::uint16_t threshold : {std::uint16_t{0}, std::uint16_t{4}}) {
    auto group = sample_group();
    group.threshold = threshold;
    CHECK_FALSE(custody::parse_group(custody::encode_group(group)).has_value());
  }
}

TEST_CASE("another version says so") {
  std::string text = custody::encode_group(sample_group());
  text[12] = '2';
  const auto read = custody::parse_group(text);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().message == "group file of another version");
}

TEST_CASE("the key id depends on every field") {
  const auto group = sample_group();
  auto other = group;
  other.threshold = 3;
  CHECK(custody::key_id(group) != custody::key_id(other));
  other = group;
  std::swap(other.party_keys[0], other.party_keys[1]);
  CHECK(custody::key_id(group) != custody::key_id(other));
}

TEST_SUITE_END();
