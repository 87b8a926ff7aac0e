// Topology read from a made tree, so that every shape can be tested on any host.
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/cpu.hpp"

namespace core = tally::core;
namespace fs = std::filesystem;

namespace {

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text << '\n';
}

// Two packages of one core with two hardware threads each.
std::string two_socket_tree() {
  std::string pattern = (fs::temp_directory_path() / "tally-topology-XXXXXX").string();
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  const fs::path base = fs::path(pattern) / "sys/devices/system/cpu";
  put(base / "online", "0-3");
  for (int id = 0; id < 4; ++id) {
    const fs::path cpu = base / ("cpu" + std::to_string(id));
    put(cpu / "topology/core_id", "0");
    put(cpu / "topology/physical_package_id", std::to_string(id % 2));
    put(cpu / "topology/thread_siblings_list", id % 2 == 0 ? "0,2" : "1,3");
    fs::create_directories(cpu / ("node" + std::to_string(id % 2)));
  }
  return pattern;
}

}  // namespace

TEST_SUITE_BEGIN("core");

TEST_CASE("topology names siblings packages and nodes") {
  const std::string root = two_socket_tree();
  const auto cpus = core::cpu_topology(root).value();
  REQUIRE(cpus.size() == 4);
  CHECK(cpus[3].id == 3);
  CHECK(cpus[3].package_id == 1);
  CHECK(cpus[3].numa_node == 1);
  CHECK(cpus[3].siblings == std::vector<int>{1, 3});
  fs::remove_all(root);
}

TEST_CASE("a host without sysfs is said to have no input") {
  CHECK(core::cpu_topology("/nonexistent").error().code == tally::Code::no_input);
}

TEST_SUITE_END();
