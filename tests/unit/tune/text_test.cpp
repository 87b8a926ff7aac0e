#include "tune/text.hpp"

#include <doctest/doctest.h>

namespace tune = tally::tune;

TEST_SUITE_BEGIN("tune");

TEST_CASE("values lose their line end and an unset list is empty") {
  CHECK(tune::normalised("1\n") == "1");
  CHECK(tune::normalised("  a b \t\n") == "a b");
  CHECK(tune::normalised("(null)\n").empty());
  CHECK(tune::normalised(std::string_view("x\0", 2)) == "x");
  CHECK(tune::normalised("").empty());
}

TEST_CASE("the word in brackets is the chosen one") {
  CHECK(tune::chosen_word("always [madvise] never\n").value() == "madvise");
  CHECK(tune::chosen_word("none\n").value() == "none");
  CHECK_FALSE(tune::chosen_word("a [b").has_value());
  CHECK_FALSE(tune::chosen_word("a [] b").has_value());
}

TEST_CASE("masks have their most significant word first") {
  CHECK(tune::parse_cpu_mask("5\n").value() == std::vector<int>{0, 2});
  CHECK(tune::parse_cpu_mask("00000003,00000000\n").value() == std::vector<int>{32, 33});
  CHECK(tune::parse_cpu_mask("0").value().empty());
  for (const char* bad : {"", "g", "1,", "100000000", "1,,2"}) {
    CAPTURE(bad);
    CHECK_FALSE(tune::parse_cpu_mask(bad).has_value());
  }
}

TEST_CASE("whole numbers fill their text") {
  CHECK(tune::parse_integer("-1").value() == -1);
  for (const char* bad : {"", "1x", "0x1", "1 2", "99999999999999999999"}) {
    CAPTURE(bad);
    CHECK_FALSE(tune::parse_integer(bad).has_value());
  }
}

TEST_CASE("what is shown is printable and short") {
  CHECK(tune::is_plain_text("n/a\n"));
  CHECK_FALSE(tune::is_plain_text("\xff"));
  CHECK(tune::printable("\x01z") == "\\x01z");
  CHECK(tune::printable(std::string(70, 'a')) == std::string(64, 'a') + "...");
}

TEST_CASE("a shell gives back exactly the bytes") {
  CHECK(tune::shell_quoted("it's") == "'it'\\''s'");
  CHECK(tune::printf_format("a%b\\\n\x01'") == "'a%%b\\\\\\n\\001'\\'''");
}

TEST_SUITE_END();
