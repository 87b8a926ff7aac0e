#include "custody/passphrase.hpp"

#include <array>
#include <doctest/doctest.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fd.hpp"
#include "core/file.hpp"
#include "support/folder.hpp"

namespace core = tally::core;
namespace custody = tally::custody;
using tally::Code;

namespace {

// A pipe that holds `text` and then ends.
tally::UniqueFd pipe_with(const std::string& text) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const tally::UniqueFd in(ends[1]);
  REQUIRE(core::write_all(in.get(), core::as_bytes(text)).has_value());
  return tally::UniqueFd(ends[0]);
}

std::string read_through_pipe(const std::string& text) {
  const auto fd = pipe_with(text);
  const auto secret = custody::read_passphrase({{}, fd.get(), false}, "passphrase", false);
  return secret ? std::string(core::as_text(secret->bytes())) : "error: " + secret.error().message;
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("one line end is cut from a passphrase and no more") {
  CHECK(read_through_pipe("abc") == "abc");
  CHECK(read_through_pipe("abc\n") == "abc");
  CHECK(read_through_pipe("abc\r\n") == "abc");
  CHECK(read_through_pipe("abc\n\n") == "abc\n");
  CHECK(read_through_pipe(" a b ") == " a b ");
}

TEST_CASE("empty and endless passphrases are refused") {
  CHECK(read_through_pipe("").starts_with("error: passphrase in descriptor"));
  CHECK(read_through_pipe("\n").starts_with("error: passphrase in descriptor"));
  CHECK(read_through_pipe(std::string(1024, 'x')) == std::string(1024, 'x'));
  CHECK(read_through_pipe(std::string(1025, 'x')) == "error: passphrase is too long");
  CHECK(read_through_pipe(std::string(5000, 'x')) == "error: passphrase is too long");
}

TEST_CASE("a passphrase file that others may read is refused") {
  const tally::test::Folder folder;
  const std::string path = folder.file("pass");
  REQUIRE(core::create_file(path, core::as_bytes("secret\n"), 0644).has_value());
  const auto refused = custody::read_passphrase({path, -1, false}, "passphrase", false);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::permission);
  CHECK(refused.error().hint == "chmod 600 " + path);
  REQUIRE(::chmod(path.c_str(), 0400) == 0);
  const auto read = custody::read_passphrase({path, -1, false}, "passphrase", true);
  REQUIRE(read.has_value());
  CHECK(core::as_text(read->bytes()) == "secret");
}

TEST_CASE("without a source the way out is named") {
  const auto refused = custody::read_passphrase({{}, -1, false}, "passphrase", false);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().hint == "give --passphrase-file FILE or --passphrase-fd N");
}

TEST_SUITE_END();
