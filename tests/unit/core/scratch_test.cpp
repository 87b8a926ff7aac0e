#include "core/scratch.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <optional>

namespace fs = std::filesystem;
using tally::core::ScratchFolder;

TEST_SUITE_BEGIN("core");

TEST_CASE("a scratch folder is for its owner alone and goes with its content") {
  fs::path path;
  {
    const ScratchFolder folder = ScratchFolder::make("tally-test").value();
    path = folder.path();
    CHECK(path.filename().string().starts_with("tally-test."));
    CHECK(fs::status(path).permissions() == fs::perms::owner_all);
    std::ofstream(path / "file") << "content";
    fs::create_directory(path / "inner");
  }
  CHECK_FALSE(fs::exists(path));
}

TEST_CASE("a scratch folder that was moved is removed once") {
  std::optional<ScratchFolder> last;
  {
    ScratchFolder first = ScratchFolder::make("tally-test").value();
    last.emplace(std::move(first));
  }
  CHECK(fs::exists(last->path()));
}

TEST_SUITE_END();
