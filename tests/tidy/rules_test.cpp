// Each rule of tidy/rules.hpp fires on a planted breach and stays silent on sound text.
#include "tidy/rules.hpp"

#include <doctest/doctest.h>

using namespace tally::tidy;

namespace {

SourceFile file(const std::string& text, const std::string& path = "lib/core/x.hpp") {
  return {path, text};
}

}  // namespace

TEST_SUITE_BEGIN("tidy");

TEST_CASE("the length rule counts characters") {
  CHECK(long_lines(file(std::string(100, 'a') + "\n")).empty());
  CHECK(long_lines(file("ok\n" + std::string(101, 'a') + "\n")) ==
        Complaints{"lib/core/x.hpp:2: longer than 100 columns"});
  std::string blocks;
  for (int i = 0; i < 100; ++i) blocks += "\u2588";
  CHECK(long_lines(file(blocks)).empty());
}

TEST_CASE("tabs and blanks at line ends are found") {
  CHECK(stray_blanks(file("a\nb\n")).empty());
  CHECK(stray_blanks(file("a\tb\n")).size() == 1);
  CHECK(stray_blanks(file("a \n")).size() == 1);
  CHECK(stray_blanks(file("a\r\n")).size() == 1);
  CHECK(stray_blanks(file("a")).size() == 1);
}

TEST_CASE("marks of unfinished work are found as words only") {
  CHECK(unfinished_marks(file("// TO"
                              "DO: later\n"))
            .size() == 1);
  CHECK(unfinished_marks(file("HA"
                              "CK\n"))
            .size() == 1);
  CHECK(unfinished_marks(file("/tmp/tally.XXXXXX HACKNEY mastodon\n")).empty());
}

TEST_CASE("paths of one machine are found") {
  CHECK(machine_paths(file("cd /wo"
                           "rk/tree\n"))
            .size() == 1);
  CHECK(machine_paths(file("\"/ho"
                           "me/ann\"\n"))
            .size() == 1);
  CHECK(machine_paths(file("/proc/self/root frame/work /workload --root\n")).empty());
}

TEST_CASE("characters outside ASCII are found") {
  CHECK(non_ascii(file("plain\n")).empty());
  CHECK(non_ascii(file("\u2026\n")).size() == 1);
}

TEST_CASE("the form of a header is checked") {
  CHECK(header_form(file("// What it is.\n#pragma once\n\nint f();\n")).empty());
  CHECK(header_form(file("// using namespace std is refused\n#pragma once\n")).empty());
  CHECK(header_form(file("#pragma once\n")).size() == 1);
  CHECK(header_form(file("// What it is.\n#include <a>\n")).size() == 1);
  CHECK(header_form(file("// What.\n#pragma once\nusing namespace std;\n")).size() == 1);
}

TEST_CASE("includes are read and relative ones found") {
  const auto includes = includes_of(file("#include <a/b>\n#include \"core/fd.hpp\"\n"));
  REQUIRE(includes.size() == 2);
  CHECK_FALSE(includes[0].quoted);
  CHECK(includes[1].path == "core/fd.hpp");
  CHECK(relative_includes(file("#include \"core/fd.hpp\"\n")).empty());
  CHECK(relative_includes(file("#include \"../core/fd.hpp\"\n")).size() == 1);
}

TEST_CASE("a source begins with its own header") {
  SourceFile source = file("#include \"core/fd.hpp\"\n#include <vector>\n");
  source.path = "lib/core/fd.cpp";
  CHECK(own_header(source) == "lib/core/fd.hpp");
  CHECK(own_header_late(source).empty());
  source.text = "#include <vector>\n#include \"core/fd.hpp\"\n";
  CHECK(own_header_late(source).size() == 1);
  source.text = "int x;\n";
  CHECK(own_header_late(source).size() == 1);
}

TEST_CASE("a memory order needs a comment near it") {
  CHECK(unexplained_orders(file("x.load(std::memory_order_relaxed);\n")).empty());
  CHECK(unexplained_orders(file("x.load(std::memory_order_acquire);  // the slot\n")).empty());
  CHECK(unexplained_orders(file("// The slot's data.\nx.load(\n  std::memory_order_acquire);\n"))
            .empty());
  CHECK(unexplained_orders(file("// Far.\n\nx.load(std::memory_order_acquire);\n")).size() == 1);
}

TEST_CASE("test names are plain words") {
  const std::string opening =
      "\nTEST_"
      "CASE(";
  CHECK(odd_test_names(file(opening + "\"plain words 12\") {\n}\n")).empty());
  CHECK(odd_test_names(file(opening + "\"a;b\") {\n}\n")).size() == 1);
  CHECK(odd_test_names(file(opening + "\n    \"joined \"\n    \"words\") {\n}\n")).empty());
  CHECK(odd_test_names(file(opening + "\"\") {\n}\n")).size() == 1);
}

TEST_CASE("types are found with their namespace") {
  const auto found = defined_types({"x.hpp",
                                    "namespace a::b {\nstruct Ahead;\nclass One final : Two {\n};\n"
                                    "enum class Three : int {\n}  // namespace a::b\n"
                                    "namespace c {\nstruct alignas(64) One {\n"});
  REQUIRE(found.size() == 3);
  CHECK(found[0].name == "a::b::One");
  CHECK(found[1].name == "a::b::Three");
  CHECK(found[2].name == "c::One");
  CHECK(found[0].line_index == 2);
}

TEST_CASE("the dependency table is read as CMake has it") {
  const auto table = read_table(
      "# tally_module(no USES this)\ntally_module(core LINKS fmt::fmt)\n"
      "tally_module(cli USES core\n  json LINKS CLI11::CLI11 A::B)\n",
      "tally_module");
  CHECK(table.order == std::vector<std::string>{"core", "cli"});
  CHECK(table.rows.at("core").uses.empty());
  CHECK(table.rows.at("cli").uses == std::set<std::string>{"core", "json"});
  CHECK(table.rows.at("cli").links == std::set<std::string>{"CLI11::CLI11", "A::B"});
}

TEST_SUITE_END();
