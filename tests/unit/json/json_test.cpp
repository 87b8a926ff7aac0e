#include <doctest/doctest.h>

#include "json/value.hpp"
#include "json/writer.hpp"

namespace json = tally::json;

TEST_SUITE_BEGIN("json");

TEST_CASE("the writer escapes and separates") {
  json::Writer writer;
  writer.begin_object().field("a", 1).field("b", "x\"\n\x01").key("c").begin_array();
  writer.value(true).null().value(0.5).end_array().field("d", std::uint64_t{18446744073709551615U});
  writer.end_object();
  CHECK(writer.text() ==
        R"({"a":1,"b":"x\"\n\u0001","c":[true,null,0.5],"d":18446744073709551615})");
}

TEST_CASE("what the writer wrote is read back") {
  const auto value = json::parse(R"({"n":-3,"s":"é","list":[1,2],"o":{"f":1.5}})").value();
  CHECK(value.int_at("n").value() == -3);
  CHECK(value.string_at("s").value() == "é");
  CHECK(value.array_at("list").value()->size() == 2);
  CHECK(value.find("o")->number_at("f").value() == 1.5);
}

TEST_CASE("a negative zero keeps its sign") {
  json::Writer writer;
  CHECK(writer.begin_array().value(-0.0).value(0.0).end_array().text() == "[-0.0,0]");
}

TEST_CASE("bad documents and members are named") {
  CHECK(json::parse("{").error().code == tally::Code::bad_data);
  CHECK(json::parse(R"({"a":1,"a":2})").error().message == "member 'a' stands twice");
  const auto value = json::parse(R"({"a":"x"})").value();
  CHECK(value.int_at("a").error().message == "member 'a' is not an integer");
  CHECK(value.int_at("b").error().message == "member 'b' is missing");
  const auto lists = [](std::size_t count) {
    return json::parse(std::string(count, '[') + "1" + std::string(count, ']'));
  };
  CHECK(lists(64));
  CHECK(lists(65).error().message == "JSON is nested too deep");
  CHECK(lists(100000).error().message == "JSON is nested too deep");
}

TEST_SUITE_END();
