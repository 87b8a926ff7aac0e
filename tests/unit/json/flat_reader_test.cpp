#include "json/flat_reader.hpp"

#include <doctest/doctest.h>
#include <string>

namespace json = tally::json;
using json::FlatReader;

TEST_SUITE_BEGIN("json");

TEST_CASE("members of a line come in their order with their types") {
  FlatReader reader;
  const auto members = reader.read(
      R"({"a":"x\ny","b":-3,"c":18446744073709551615,"d":1.5,"e":true,"f":null,"g":[1],"h":{}})");
  REQUIRE(members);
  REQUIRE(members->size() == 8);
  CHECK((*members)[0].name == "a");
  CHECK(std::get<std::string_view>((*members)[0].value) == "x\ny");
  CHECK(std::get<std::int64_t>((*members)[1].value) == -3);
  CHECK(std::get<std::uint64_t>((*members)[2].value) == 18446744073709551615U);
  CHECK(std::get<double>((*members)[3].value) == 1.5);
  CHECK(std::get<bool>((*members)[4].value));
  CHECK(std::holds_alternative<std::nullptr_t>((*members)[5].value));
  CHECK(std::holds_alternative<FlatReader::Nested>((*members)[6].value));
  CHECK(std::holds_alternative<FlatReader::Nested>((*members)[7].value));
}

TEST_CASE("a reader goes on after lines that are no objects") {
  FlatReader reader;
  CHECK_FALSE(reader.read(""));
  CHECK_FALSE(reader.read("{\"a\":"));
  CHECK(reader.read("[1]").error().message == "the line is not a JSON object");
  CHECK(reader.read("{\"a\":1,\"a\":2}").error().message == "member 'a' stands twice");
  const auto members = reader.read("{\"a\":1}");
  REQUIRE(members);
  CHECK(members->size() == 1);
  REQUIRE(reader.read("{}"));
}

TEST_CASE("names that stand twice are found among few and many members") {
  FlatReader reader;
  for (const int count : {2, 11, 12, 13, 500}) {
    CAPTURE(count);
    std::string line = "{";
    for (int i = 0; i < count; ++i) line += "\"m" + std::to_string(i) + "\":1,";
    const auto once = reader.read(line + "\"last\":0}");
    REQUIRE(once);
    CHECK(once->size() == static_cast<std::size_t>(count) + 1);
    CHECK(reader.read(line + "\"m1\":0}").error().message == "member 'm1' stands twice");
  }
}

TEST_CASE("what is nested in a line is bounded and must be JSON but may say things twice") {
  const auto lists = [](std::size_t count) {
    return "{\"a\":" + std::string(count, '[') + "1" + std::string(count, ']') + ",\"b\":2}";
  };
  FlatReader reader;
  for (const std::size_t count : {1U, 62U, 63U}) {
    CAPTURE(count);
    const auto members = reader.read(lists(count));
    REQUIRE(members);
    CHECK(members->size() == 2);
  }
  for (const std::size_t count : {64U, 65U, 1022U, 1024U, 100000U}) {
    CAPTURE(count);
    CHECK(reader.read(lists(count)).error().message == "JSON is nested too deep");
    // The reader goes on, and with the same bound after it has asked for more memory.
    REQUIRE(reader.read(lists(63)));
  }
  CHECK(reader.read(R"({"a":{"b":1,"b":2}})"));
  CHECK_FALSE(reader.read(R"({"a":{"b":1,}})"));
}

TEST_SUITE_END();
