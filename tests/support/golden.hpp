// Text that is to stay as it is, in tests/golden. After a change that is meant, a run of the test
// with UPDATE_GOLDEN=1 writes it, and the difference is read before it is committed.
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tally::test {

inline void check_golden(const std::string& name, const std::string& text) {
  REQUIRE_FALSE(text.empty());
  const std::string path = std::string(TALLY_SOURCE_DIR) + "/tests/golden/" + name;
  const char* const update = std::getenv("UPDATE_GOLDEN");
  if (update != nullptr && std::string(update) == "1") {
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path, std::ios::binary) << text;
  }
  std::ifstream file(path, std::ios::binary);
  INFO("differs from " << path << "; UPDATE_GOLDEN=1 writes it");
  REQUIRE(file.good());
  const std::string kept((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  CHECK(text == kept);
}

}  // namespace tally::test
