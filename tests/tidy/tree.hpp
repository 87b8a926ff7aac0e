// The checkout as the tidy rules see it: every file somebody wrote, read once, and the dependency
// table as CMake has it. Needs no git, since a source package and a copied folder have none.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace tally::tidy {

struct SourceFile {
  std::string path;  // relative to the root, with '/'
  std::string text;

  [[nodiscard]] bool under(std::string_view folder) const {
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
  }
  [[nodiscard]] bool ends(std::initializer_list<std::string_view> suffixes) const {
    return std::any_of(suffixes.begin(), suffixes.end(),
                       [&](std::string_view suffix) { return path.ends_with(suffix); });
  }
  [[nodiscard]] bool is_header() const { return ends({".hpp", ".h"}); }
  [[nodiscard]] bool is_code() const { return is_header() || ends({".cpp"}); }
  // Published tables and recorded output keep the form they came in.
  [[nodiscard]] bool is_recorded() const {
    return under("tests/vectors") || under("tests/golden") || under("tests/fuzz/corpus") ||
           under("completions") || path.find("vectors") != std::string::npos;
  }
};

inline std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.push_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// All regular files of the root's own folders. Build trees, version control and what a package
// build leaves behind are no part of it; links are not followed, their targets are walked anyway.
inline std::vector<SourceFile> read_tree(const std::filesystem::path& root) {
  namespace fs = std::filesystem;
  const std::set<std::string> foreign = {".git", "build", ".cache"};
  std::vector<SourceFile> files;
  const auto take = [&](const fs::directory_entry& entry) {
    if (entry.is_symlink() || !entry.is_regular_file()) return;
    std::string path = fs::relative(entry.path(), root).generic_string();
    if (path.find("/fuzz/corpus/") != std::string::npos) return;
    files.push_back({std::move(path), read_text(entry.path())});
  };
  for (const auto& top : fs::directory_iterator(root)) {
    const std::string name = top.path().filename().string();
    if (foreign.contains(name) || name.starts_with("obj-") || top.is_symlink()) continue;
    if (top.is_directory()) {
      for (const auto& entry : fs::recursive_directory_iterator(top.path())) take(entry);
    } else {
      take(top);
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

// One row of lib/CMakeLists.txt or tools/CMakeLists.txt.
struct Row {
  std::set<std::string> uses;   // modules whose headers it may include
  std::set<std::string> links;  // outside libraries
};

// The rows by name, and their order in the file.
struct Table {
  std::vector<std::string> order;
  std::map<std::string, Row> rows;
};

// Reads every `COMMAND(name USES a b LINKS x y)` that begins a line of a CMake file.
inline Table read_table(std::string_view text, std::string_view command) {
  Table table;
  const std::string opening = std::string(command) + "(";
  for (auto at = text.find(opening); at != text.npos; at = text.find(opening, at + 1)) {
    if (at != 0 && text[at - 1] != '\n') continue;
    const std::string_view call = text.substr(at + opening.size());
    std::istringstream words{std::string(call.substr(0, call.find(')')))};
    std::string name;
    std::string word;
    words >> name;
    Row row;
    std::set<std::string>* target = nullptr;
    while (words >> word) {
      if (word == "USES") {
        target = &row.uses;
      } else if (word == "LINKS") {
        target = &row.links;
      } else if (target != nullptr) {
        target->insert(word);
      }
    }
    table.order.push_back(name);
    table.rows[name] = row;
  }
  return table;
}

}  // namespace tally::tidy
