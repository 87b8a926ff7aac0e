#include "core/file.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fd.hpp"
#include "support/folder.hpp"

namespace core = tally::core;
using tally::test::Folder;

namespace {

std::size_t entries_of(const Folder& folder) {
  const auto all = std::filesystem::directory_iterator(folder.path());
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

mode_t mode_of(const std::string& path) {
  struct stat status {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777U;
}

}  // namespace

TEST_SUITE_BEGIN("core");

TEST_CASE("a file is created once and with its mode") {
  const Folder folder;
  const std::string path = folder.file("share");
  REQUIRE(core::create_file(path, core::as_bytes("secret"), 0600).has_value());
  CHECK(core::read_file(path).value() == "secret");
  CHECK(mode_of(path) == 0600);
  const auto again = core::create_file(path, core::as_bytes("other"), 0600);
  REQUIRE_FALSE(again.has_value());
  CHECK(again.error().code == tally::Code::cannot_create);
  CHECK(core::read_file(path).value() == "secret");
}

TEST_CASE("a file is replaced whole and leaves no temporary behind") {
  const Folder folder;
  const std::string path = folder.file("journal");
  REQUIRE(core::replace_file(path, core::as_bytes("old"), 0644).has_value());
  REQUIRE(core::replace_file(path, core::as_bytes("newer"), 0640).has_value());
  CHECK(core::read_file(path).value() == "newer");
  CHECK(mode_of(path) == 0640);
  CHECK(entries_of(folder) == 1);
}

TEST_CASE("replacing a file in a folder that is not there changes nothing") {
  const Folder folder;
  const auto replaced = core::replace_file(folder.file("none/x"), core::as_bytes("a"), 0600);
  REQUIRE_FALSE(replaced.has_value());
  CHECK(replaced.error().code == tally::Code::cannot_create);
  CHECK(entries_of(folder) == 0);
}

TEST_CASE("reading names what is missing and stops at the limit") {
  const Folder folder;
  CHECK(core::read_file(folder.file("none")).error().code == tally::Code::no_input);
  const std::string path = folder.file("long");
  REQUIRE(core::create_file(path, core::as_bytes(std::string(100, 'x')), 0600).has_value());
  CHECK(core::read_file(path, 100).value().size() == 100);
  CHECK(core::read_file(path, 99).error().code == tally::Code::bad_data);
}

TEST_CASE("a regular file is read and nothing in its place") {
  const Folder folder;
  const std::string path = folder.file("message");
  CHECK(core::read_regular_file(path, 5).error().code == tally::Code::no_input);
  REQUIRE(core::create_file(path, core::as_bytes("hello"), 0600).has_value());
  CHECK(core::read_regular_file(path, 5).value() == "hello");
  CHECK(core::read_regular_file(path, 4).error().code == tally::Code::bad_data);
  REQUIRE(core::remove_file(path).has_value());
  // Nobody writes to it, and nobody waits for that.
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(core::read_regular_file(path, 5).error().message == path + " is no regular file");
  CHECK(core::read_regular_file(folder.path(), 5).error().code == tally::Code::bad_data);
  const std::string link = folder.file("link");
  std::filesystem::create_symlink("/dev/zero", link);
  CHECK(core::read_regular_file(link, 5).error().message == link + " is no regular file");
}

TEST_CASE("a file is renamed over another only where that is asked for") {
  const Folder folder;
  const std::string old = folder.file("old");
  const std::string next = folder.file("next");
  REQUIRE(core::create_file(next, core::as_bytes("next"), 0600).has_value());
  REQUIRE(core::create_file(old, core::as_bytes("old"), 0600).has_value());
  CHECK(core::rename_file_to_new(next, old).error().code == tally::Code::cannot_create);
  CHECK(core::read_file(old).value() == "old");
  CHECK(core::read_file(next).value() == "next");
  REQUIRE(core::rename_file(next, old).has_value());
  CHECK(core::read_file(old).value() == "next");
  REQUIRE(core::rename_file_to_new(old, next).has_value());
  CHECK(core::read_file(next).value() == "next");
  CHECK(entries_of(folder) == 1);
}

TEST_CASE("a full device is an input output error") {
  const tally::UniqueFd full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
  REQUIRE(full);
  const auto written = core::write_all(full.get(), core::as_bytes("x"));
  REQUIRE_FALSE(written.has_value());
  CHECK(written.error().code == tally::Code::io);
  CHECK(written.error().os_errno == ENOSPC);
}

TEST_SUITE_END();
