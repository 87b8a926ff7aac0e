// What goes out together agrees: the version, the programs, their man pages and completions.
#include <doctest/doctest.h>

#include "core/version.hpp"
#include "tidy/rules.hpp"

using namespace tally::tidy;

namespace {

namespace fs = std::filesystem;
const fs::path kRoot = TALLY_SOURCE_DIR;

std::vector<std::string> tools() {
  return read_table(read_text(kRoot / "tools/CMakeLists.txt"), "tally_tool").order;
}

}  // namespace

TEST_SUITE_BEGIN("tidy");

TEST_CASE("one version stands everywhere") {
  const std::string version = tally::core::kVersion;
  CHECK(read_text(kRoot / "CMakeLists.txt").find("VERSION " + version + " ") != std::string::npos);
  if (fs::exists(kRoot / "CHANGELOG.md")) {
    CHECK(read_text(kRoot / "CHANGELOG.md").find("## " + version) != std::string::npos);
  }
  CHECK(read_text(kRoot / "packaging/debian/changelog")
            .starts_with("tallyio-tools (" + version + ")"));
}

TEST_CASE("every tool has completions for three shells") {
  if (!fs::exists(kRoot / "completions")) return;
  for (const auto& tool : tools()) {
    for (const auto& name : {tool + ".bash", "_" + tool, tool + ".fish"}) {
      CHECK_MESSAGE(fs::exists(kRoot / "completions" / name), name);
    }
  }
}

TEST_CASE("the README can be read at one sitting") {
  if (!fs::exists(kRoot / "README.md")) return;
  const std::string text = read_text(kRoot / "README.md");
  const auto count = lines_of(text).size();
  CHECK(count >= 70);
  CHECK(count <= 150);
}

TEST_SUITE_END();
