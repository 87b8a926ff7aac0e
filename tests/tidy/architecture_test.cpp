// Includes go only along the dependency table of lib/CMakeLists.txt and tools/CMakeLists.txt. The
// link line alone does not stop one, since all modules share one include root.
#include <doctest/doctest.h>

#include "tidy/rules.hpp"

using namespace tally::tidy;

namespace {

struct Outside {
  std::string_view prefix;   // of what stands between < and >
  std::string_view library;  // as the table's LINKS name it
};

constexpr Outside kOutside[] = {
    {"CLI/", "CLI11::CLI11"},
    {"toml++/", "PkgConfig::tomlplusplus"},
    {"simdjson", "PkgConfig::simdjson"},
    {"liburing", "PkgConfig::liburing"},
    {"secp256k1", "PkgConfig::libsecp256k1"},
    {"sodium", "PkgConfig::libsodium"},
    {"fmt/", "fmt::fmt"},
    {"tl/", "tl::expected"},
    {"zlib.h", "ZLIB::ZLIB"},
};

Table modules() {
  return read_table(read_text(TALLY_SOURCE_DIR "/lib/CMakeLists.txt"), "tally_module");
}
Table tools() {
  auto table = read_table(read_text(TALLY_SOURCE_DIR "/tools/CMakeLists.txt"), "tally_tool");
  // Every module brings core, so that no tool needs to name it.
  for (auto& [name, row] : table.rows) row.uses.insert("core");
  return table;
}

// The outside libraries that come with a row: its own, and those of what it uses.
std::set<std::string> links_of(const Table& table, const Row& row) {
  std::set<std::string> links = row.links;
  for (const auto& used : row.uses) links.merge(links_of(table, table.rows.at(used)));
  return links;
}

std::string folder_after(const SourceFile& file, std::string_view top) {
  const auto rest = file.path.substr(top.size() + 1);
  const auto end = rest.find('/');
  return end == std::string::npos ? std::string() : rest.substr(0, end);
}

// Complaints about one file that belongs to `row`, called `self`.
Complaints stray_includes(const SourceFile& file, const std::string& self, const Row& row,
                          const Table& table, bool is_tool) {
  Complaints found;
  const auto links = links_of(table, row);
  for (const auto& include : includes_of(file)) {
    if (include.quoted) {
      const auto slash = include.path.find('/');
      const auto module = include.path.substr(0, slash);
      // A tool's own headers lie beside its sources and are named without a folder.
      const bool own = is_tool ? slash == std::string::npos : module == self;
      if (!own && !row.uses.contains(module)) {
        found.push_back(at(file, include.line_index, self + " may not use " + include.path));
      }
      continue;
    }
    for (const auto& outside : kOutside) {
      if (include.path.starts_with(outside.prefix) &&
          !links.contains(std::string(outside.library))) {
        found.push_back(at(file, include.line_index, self + " does not link " + include.path));
      }
    }
  }
  return found;
}

}  // namespace

TEST_SUITE_BEGIN("tidy");

TEST_CASE("the table goes only downwards and names every folder") {
  const auto table = modules();
  CHECK(table.order.size() >= 15);
  std::set<std::string> above;
  for (const auto& name : table.order) {
    for (const auto& used : table.rows.at(name).uses) {
      CHECK_MESSAGE(above.contains(used), name << " uses " << used << ", which stands below it");
    }
    above.insert(name);
  }
  for (const auto& file : read_tree(TALLY_SOURCE_DIR)) {
    if (!file.under("lib") || !file.is_code()) continue;
    CHECK_MESSAGE(above.contains(folder_after(file, "lib")), file.path);
  }
}

TEST_CASE("modules include only what the table allows") {
  const auto table = modules();
  std::size_t looked_at = 0;
  for (const auto& file : read_tree(TALLY_SOURCE_DIR)) {
    if (!file.under("lib") || !file.is_code()) continue;
    const auto self = folder_after(file, "lib");
    const auto row = table.rows.find(self);
    if (row == table.rows.end()) continue;
    ++looked_at;
    for (const auto& text : stray_includes(file, self, row->second, table, false)) FAIL_CHECK(text);
  }
  CHECK(looked_at > 10);
}

TEST_CASE("tools include modules and never each other") {
  const auto table = modules();
  const auto tool_table = tools();
  CHECK(tool_table.order.size() == 4);
  std::size_t looked_at = 0;
  for (const auto& file : read_tree(TALLY_SOURCE_DIR)) {
    if (!file.under("tools") || !file.is_code()) continue;
    const auto self = folder_after(file, "tools");
    const auto row = tool_table.rows.find(self);
    REQUIRE_MESSAGE(row != tool_table.rows.end(), file.path);
    ++looked_at;
    for (const auto& text : stray_includes(file, self, row->second, table, true)) FAIL_CHECK(text);
  }
  CHECK(looked_at >= tool_table.order.size());
}

TEST_CASE("a stray include is found") {
  const auto table = read_table(
      "tally_module(core LINKS fmt::fmt)\ntally_module(net USES core LINKS PkgConfig::liburing)\n",
      "tally_module");
  const Row& core = table.rows.at("core");
  const Row& net = table.rows.at("net");
  const SourceFile good{"lib/net/x.cpp", "#include <fmt/format.h>\n#include \"core/fd.hpp\"\n"};
  const SourceFile bad{"lib/core/x.cpp", "#include <liburing.h>\n#include \"net/uring.hpp\"\n"};
  CHECK(stray_includes(good, "net", net, table, false).empty());
  CHECK(stray_includes(bad, "core", core, table, false).size() == 2);
  const SourceFile tool{"tools/a/x.cpp", "#include \"commands.hpp\"\n#include \"b/b.hpp\"\n"};
  CHECK(stray_includes(tool, "a", net, table, true).size() == 1);
}

TEST_CASE("only lib cli knows CLI11 and one file of it toml") {
  std::set<std::string> toml_files;
  for (const auto& file : read_tree(TALLY_SOURCE_DIR)) {
    if (!file.is_code()) continue;
    for (const auto& include : includes_of(file)) {
      if (include.path.starts_with("toml++/")) toml_files.insert(file.path);
      if (include.path.starts_with("CLI/")) {
        CHECK_MESSAGE(file.under("lib/cli"), at(file, include.line_index, include.path));
      }
    }
  }
  CHECK(toml_files.size() <= 1);
  for (const auto& path : toml_files) CHECK_MESSAGE(path.starts_with("lib/cli/"), path);
}

TEST_SUITE_END();
