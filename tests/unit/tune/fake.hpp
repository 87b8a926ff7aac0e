// Hosts for the tests of tune: a fake tree in a temporary folder, and a host whose writes fail or
// lie.
#pragma once

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <unistd.h>

#include "core/file.hpp"
#include "tune/host.hpp"
#include "tune/survey.hpp"
#include "tune/tree.hpp"

namespace tally::test {

// A folder that goes with the object. `kind` as tests/support/fake_host.sh has it.
class FakeTree {
 public:
  explicit FakeTree(const std::string& kind = "empty") {
    // In memory where there is such a place: the journal syncs after every record.
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    const auto folder =
        memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string name = (folder / "tally-tune-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    root_ = name;
    const std::string command =
        fmt::format("sh '{}/tests/support/fake_host.sh' {} '{}'", TALLY_SOURCE_DIR, kind, root_);
    REQUIRE(std::system(command.c_str()) == 0);
  }
  ~FakeTree() {
    std::error_code ignored;
    std::filesystem::remove_all(root_, ignored);
  }
  FakeTree(const FakeTree&) = delete;
  FakeTree& operator=(const FakeTree&) = delete;

  [[nodiscard]] const std::string& root() const { return root_; }
  [[nodiscard]] tune::Tree open() const { return tune::Tree::open(root_).value(); }
  [[nodiscard]] std::string get(const std::string& path) const {
    return core::read_file(root_ + path, std::size_t{64} << 20U).value();
  }
  void put(const std::string& path, std::string_view content) const {
    std::filesystem::create_directories(root_ + tune::folder_of(path));
    std::ofstream(root_ + path, std::ios::binary | std::ios::trunc) << content;
  }
  [[nodiscard]] bool has(const std::string& path) const {
    return std::filesystem::exists(root_ + path);
  }

 private:
  std::string root_;
};

// A tree whose writes can be made to fail, to be cut short or to leave another value.
class FaultyHost : public tune::TreeHost {
 public:
  explicit FaultyHost(const tune::Tree& tree) : TreeHost(tree) {}

  std::map<std::string, int> write_errno;            // by path
  std::map<std::string, std::string> reads_after;    // by path: what a write leaves instead
  std::function<void(const std::string&)> on_write;  // before each write of any kind
  std::function<void()> on_pause;
  bool pretend_live = false;

  Status write_value(const std::string& path, std::string_view bytes) override {
    if (on_write) on_write(path);
    if (const auto at = write_errno.find(path); at != write_errno.end()) {
      return core::fail_errno("cannot write " + path, at->second);
    }
    if (const auto at = reads_after.find(path); at != reads_after.end()) {
      return TreeHost::write_value(path, at->second);
    }
    return TreeHost::write_value(path, bytes);
  }
  Status replace(const std::string& path, std::string_view content) override {
    if (on_write) on_write(path);
    if (const auto at = write_errno.find(path); at != write_errno.end()) {
      return core::fail_errno("cannot write " + path, at->second);
    }
    return TreeHost::replace(path, content);
  }
  [[nodiscard]] bool live() const override { return pretend_live; }
  void pause_ms(unsigned) override {
    if (on_pause) on_pause();
  }
};

inline const tune::Profile& low_latency() {
  return *tune::find_profile("low-latency").value();
}

// The row of a setting at a place.
inline const tune::Item& item_of(const tune::Survey& survey, std::string_view id,
                                 std::string_view instance = "host") {
  for (const tune::Item& item : survey.items) {
    if (item.id == id && item.instance() == instance) return item;
  }
  FAIL("no row ", std::string(id), " ", std::string(instance));
  return survey.items.front();
}

}  // namespace tally::test
