// Test vectors: blocks of lines `name value`, separated by empty lines, `#` before a comment. A
// value is hex, a number or words; several stand in one line between blanks; `-` is a value that is
// present and empty. tests/vectors/ holds transcriptions in this form; published sets in their own
// forms are looked for in a folder beside the project and turned into the same cases.
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/hex.hpp"

namespace tally::test {

class VectorCase {
 public:
  void set(const std::string& name, std::string value) { values_[name] = std::move(value); }
  [[nodiscard]] bool has(const std::string& name) const { return values_.count(name) != 0; }
  [[nodiscard]] bool empty() const { return values_.empty(); }

  // Each fails the test when the value is absent or malformed.
  [[nodiscard]] std::string text(const std::string& name) const {
    REQUIRE_MESSAGE(has(name), name);
    const std::string& value = values_.at(name);
    return value == "-" ? std::string() : value;
  }
  [[nodiscard]] std::vector<std::string> words(const std::string& name) const {
    std::istringstream in(text(name));
    std::vector<std::string> out;
    for (std::string word; in >> word;) out.push_back(word);
    return out;
  }
  [[nodiscard]] Bytes bytes(const std::string& name) const {
    return core::from_hex(text(name)).value();
  }
  [[nodiscard]] std::vector<Bytes> byte_list(const std::string& name) const {
    std::vector<Bytes> out;
    for (const auto& word : words(name)) out.push_back(core::from_hex(word).value());
    return out;
  }
  [[nodiscard]] std::vector<std::uint32_t> numbers(const std::string& name) const {
    std::vector<std::uint32_t> out;
    for (const auto& word : words(name)) {
      out.push_back(static_cast<std::uint32_t>(std::stoul(word)));
    }
    return out;
  }
  [[nodiscard]] std::uint32_t number(const std::string& name) const {
    const auto all = numbers(name);
    REQUIRE(all.size() == 1);
    return all[0];
  }
  // What a failing check prints.
  [[nodiscard]] std::string label() const {
    return text("case") + (has("comment") ? ": " + text("comment") : std::string());
  }

 private:
  std::map<std::string, std::string> values_;
};

inline std::vector<VectorCase> read_transcribed(const std::string& file_name) {
  const auto content =
      core::read_file(std::string(TALLY_SOURCE_DIR) + "/tests/vectors/" + file_name);
  REQUIRE(content);
  std::istringstream in(*content);
  std::vector<VectorCase> cases(1);
  for (std::string line; std::getline(in, line);) {
    const auto blank = line.find(' ');
    if (line.empty() && !cases.back().empty()) cases.emplace_back();
    if (line.empty() || line[0] == '#') continue;
    REQUIRE_MESSAGE(blank != std::string::npos, line);
    cases.back().set(line.substr(0, blank), line.substr(blank + 1));
  }
  if (cases.back().empty()) cases.pop_back();
  return cases;
}

// The folder of published sets: TALLY_VECTORS, or ../shared/vectors beside the project.
inline std::filesystem::path published_folder(const std::string& set) {
  const char* folder = std::getenv("TALLY_VECTORS");
  const std::filesystem::path root =
      folder != nullptr ? std::filesystem::path(folder)
                        : std::filesystem::path(TALLY_SOURCE_DIR) / ".." / "shared" / "vectors";
  return root / set;
}

}  // namespace tally::test
