// A process that was killed while it created a file left half of it, or an empty one, under its
// name: a journal that no later process could open, a message that its peers called truncated.
#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <string>
#include <sys/resource.h>

#include "core/file.hpp"
#include "support/child.hpp"
#include "support/folder.hpp"

namespace core = tally::core;
using tally::test::Child;
using tally::test::Folder;

TEST_SUITE_BEGIN("regress");

TEST_CASE("a process killed in the middle of a file leaves nothing under its name") {
  const Folder folder;
  const std::string path = folder.file("journal");
  const std::string content(1000, 'x');
  Child child([&] {
    // The kernel ends the process at the 101st byte.
    const rlimit limit{100, 100};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    (void)core::create_file(path, core::as_bytes(content), 0600);
    return 2;
  });
  CHECK(child.reap() == -SIGXFSZ);
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(core::create_file(path, core::as_bytes(content), 0600));
  CHECK(core::read_file(path).value() == content);
}

TEST_SUITE_END();
