// Every text of the tree keeps the rules of tidy/rules.hpp.
#include <doctest/doctest.h>
#include <functional>

#include "tidy/rules.hpp"

using namespace tally::tidy;

namespace {

const std::vector<SourceFile>& tree() {
  static const auto files = read_tree(TALLY_SOURCE_DIR);
  return files;
}

// Applies `rule` to the files that `chosen` takes, names each breach, and counts the files: a rule
// that looked at nothing is a failure as well.
void every(const std::function<bool(const SourceFile&)>& chosen,
           const std::function<Complaints(const SourceFile&)>& rule) {
  std::size_t looked_at = 0;
  for (const auto& file : tree()) {
    if (!chosen(file)) continue;
    ++looked_at;
    for (const auto& complaint : rule(file)) FAIL_CHECK(complaint);
  }
  CHECK(looked_at > 0);
}

bool is_script(const SourceFile& file) {
  return file.ends({".sh", ".bats", ".cmake", "CMakeLists.txt"}) || file.text.starts_with("#!");
}

}  // namespace

TEST_SUITE_BEGIN("tidy");

TEST_CASE("lines have at most 100 columns") {
  every([](const auto& f) { return !f.is_recorded() && (f.is_code() || is_script(f)); },
        long_lines);
}

TEST_CASE("no tab and no blank at the end of a line") {
  every(
      [](const auto& f) {
        return !f.is_recorded() && f.path != "packaging/debian/rules" && f.path != "LICENSE";
      },
      stray_blanks);
}

TEST_CASE("no mark of unfinished work") {
  every([](const auto& f) { return !f.is_recorded() && !f.ends({".md"}); }, unfinished_marks);
}

TEST_CASE("no path of one machine") {
  every([](const auto& f) { return !f.is_recorded() && f.path != "LICENSE"; }, machine_paths);
}

TEST_CASE("text is ASCII outside of tests and plots") {
  every([](const auto& f) { return !f.under("tests") && !f.under("lib/plot") && !f.ends({".md"}); },
        non_ascii);
}

TEST_CASE("headers open with a comment and pragma once") {
  every([](const auto& f) { return f.is_header(); }, header_form);
}

TEST_CASE("no include is relative") {
  every([](const auto& f) { return f.is_code(); }, relative_includes);
}

TEST_CASE("sources begin with their own headers") {
  std::set<std::string> headers;
  for (const auto& file : tree())
    if (file.is_header()) headers.insert(file.path);
  every(
      [&](const auto& f) {
        return f.path.starts_with("lib/") && f.path.ends_with(".cpp") &&
               headers.contains(own_header(f));
      },
      own_header_late);
}

TEST_CASE("memory orders say what they order") {
  every([](const auto& f) { return f.is_code() && !f.under("tests"); }, unexplained_orders);
}

TEST_CASE("no source file has more than 600 lines") {
  every([](const auto& f) { return f.is_code() && !f.is_recorded(); },
        [](const auto& f) {
          const auto count = lines_of(f.text).size();
          return count > 600 ? Complaints{f.path + ": " + std::to_string(count) + " lines"}
                             : Complaints{};
        });
}

TEST_CASE("test names are letters digits and spaces") {
  every([](const auto& f) { return f.path.ends_with("_test.cpp"); }, odd_test_names);
}

TEST_CASE("a folder has no two tests of one name") {
  std::set<std::string> seen;
  for (const auto& file : tree()) {
    if (!file.path.ends_with("_test.cpp")) continue;
    const auto folder = file.path.substr(0, file.path.rfind('/'));
    for (const auto& test : test_names(file)) {
      CHECK_MESSAGE(seen.insert(folder + ": " + test.name).second,
                    at(file, test.line_index, "a second test '" + test.name + "'"));
    }
  }
  CHECK(seen.size() > 10);
}

// Two types of one name in one namespace are one to the linker, whatever they hold.
TEST_CASE("headers define no two types of one name") {
  std::set<std::string> seen;
  for (const auto& file : tree()) {
    if (!file.path.starts_with("lib/") || !file.path.ends_with(".hpp")) continue;
    for (const auto& type : defined_types(file)) {
      CHECK_MESSAGE(seen.insert(type.name).second,
                    at(file, type.line_index, "a second type '" + type.name + "'"));
    }
  }
  CHECK(seen.size() > 100);
}

TEST_CASE("every test file has tests that assert") {
  every([](const auto& f) { return f.path.ends_with("_test.cpp"); },
        [](const auto& f) {
          Complaints found;
          if (test_names(f).empty()) found.push_back(f.path + ": no test in it");
          for (const char* word : {"CHECK", "REQUIRE", "FAIL"}) {
            if (f.text.find(word) != std::string::npos) return found;
          }
          found.push_back(f.path + ": asserts nothing");
          return found;
        });
}

TEST_SUITE_END();
