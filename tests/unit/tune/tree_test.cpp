#include "tune/tree.hpp"

#include <cerrno>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "support/skip.hpp"
#include "tune/beneath.hpp"
#include "unit/tune/fake.hpp"

namespace tune = tally::tune;
using tally::Code;
using tally::test::FakeTree;

TEST_SUITE_BEGIN("tune");

TEST_CASE("links inside a tree work and links out of it are refused both ways of opening") {
  const FakeTree tree;
  tree.put("/a/b/value", "inside\n");
  std::filesystem::create_symlink("../a/b", tree.root() + "/a/up");
  std::filesystem::create_directory(tree.root() + "/c");
  std::filesystem::create_symlink("../a/b/value", tree.root() + "/c/relative");
  std::filesystem::create_symlink("/etc/passwd", tree.root() + "/c/absolute");
  std::filesystem::create_symlink("../../../../../../etc/passwd", tree.root() + "/c/above");
  std::filesystem::create_symlink("loop", tree.root() + "/c/loop");
  const tally::UniqueFd root(::open(tree.root().c_str(), O_PATH | O_DIRECTORY));
  for (const auto resolver : {tune::Resolver::automatic, tune::Resolver::walk}) {
    CAPTURE(static_cast<int>(resolver));
    const auto opens = [&](const char* path, int flags = O_RDONLY) {
      errno = 0;
      return static_cast<bool>(
          tune::open_beneath(root.get(), path, flags, 0, tune::Links::refuse_leaving, resolver));
    };
    CHECK(opens("/c/relative"));
    CHECK(opens("c/../a/./up/value"));
    CHECK(opens("/", O_RDONLY | O_DIRECTORY));
    CHECK_FALSE(opens("/c/absolute"));
    CHECK(errno == EXDEV);
    CHECK_FALSE(opens("/c/above"));
    CHECK(errno == EXDEV);
    CHECK_FALSE(opens("../x"));
    CHECK(errno == EXDEV);
    CHECK_FALSE(opens("/c/loop"));
    CHECK(errno == ELOOP);
    CHECK_FALSE(opens("/c/relative", O_WRONLY | O_NOFOLLOW));
    CHECK(errno == ELOOP);
    CHECK_FALSE(opens("/c/nothing"));
    CHECK(errno == ENOENT);
  }
}

TEST_CASE("as in a chroot an absolute link starts at the root again") {
  const FakeTree tree;
  tree.put("/etc/value", "ours\n");
  std::filesystem::create_symlink("/etc/value", tree.root() + "/absolute");
  std::filesystem::create_symlink("../../etc/value", tree.root() + "/above");
  const tally::UniqueFd root(::open(tree.root().c_str(), O_PATH | O_DIRECTORY));
  for (const auto resolver : {tune::Resolver::automatic, tune::Resolver::walk}) {
    for (const char* path : {"/absolute", "/above", "/../etc/value"}) {
      CAPTURE(path);
      CHECK(tune::open_beneath(root.get(), path, O_RDONLY, 0, tune::Links::as_chroot, resolver));
    }
  }
}

TEST_CASE("a tree reads writes lists replaces and removes below its root only") {
  const FakeTree fake;
  const tune::Tree tree = fake.open();
  CHECK_FALSE(tree.live());
  CHECK(tree.shown("/x") == fake.root() + "/x");
  REQUIRE(tree.make_folders("/a/b/c", 0755).has_value());
  REQUIRE(tree.replace("/a/b/c/file", "one", 0640).has_value());
  CHECK(fake.get("/a/b/c/file") == "one");
  struct stat info {};
  REQUIRE(::stat((fake.root() + "/a/b/c/file").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777U) == 0640);
  REQUIRE(tree.write_value("/a/b/c/file", "2\n").has_value());
  CHECK(tree.read("/a/b/c/file").value() == "2\n");
  CHECK(tree.list("/a/b/c").value() == std::vector<std::string>{"file"});
  REQUIRE(tree.remove("/a/b/c/file").has_value());
  CHECK_FALSE(fake.has("/a/b/c/file"));
  CHECK(tree.remove("/a/b/c/file").error().code == Code::no_input);
  CHECK(tree.write_value("/a/b/c/file", "3\n").error().code == Code::no_input);
  CHECK(tune::Tree::open("/").value().live());
  CHECK(tune::Tree::open(fake.root() + "/none").error().code == Code::no_input);
}

TEST_CASE("what is no ordinary file is not read from a tree and nothing hangs") {
  const FakeTree fake;
  const tune::Tree tree = fake.open();
  REQUIRE(::mkfifo((fake.root() + "/pipe").c_str(), 0600) == 0);
  std::filesystem::create_directory(fake.root() + "/folder");
  CHECK_FALSE(tree.read("/pipe").has_value());
  CHECK_FALSE(tree.write_value("/pipe", "1").has_value());
  CHECK_FALSE(tree.read("/folder").has_value());
  fake.put("/long", std::string(100, 'x'));
  CHECK(tree.read("/long", 99).error().code == Code::bad_data);
  std::filesystem::create_symlink("/etc/passwd", fake.root() + "/out");
  const auto refused = tree.read("/out");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::bad_data);
  CHECK(refused.error().message.find("leads out of the tree") != std::string::npos);
}

TEST_SUITE_END();
