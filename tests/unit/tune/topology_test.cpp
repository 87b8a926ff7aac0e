#include "tune/topology.hpp"

#include <doctest/doctest.h>

#include "unit/tune/fake.hpp"

namespace tune = tally::tune;
using tally::Code;
using tally::core::LogicalCpu;
using tally::test::FakeTree;

namespace {

std::vector<LogicalCpu> topology_of(const std::string& kind) {
  const FakeTree fake(kind);
  const tune::Tree tree = fake.open();
  return tune::read_topology(tune::TreeHost(tree)).value();
}

// `cores` cores of two threads a node, numbered as the kernel does: all first threads, then all
// second ones.
std::vector<LogicalCpu> made(int nodes, int cores) {
  std::vector<LogicalCpu> cpus;
  const int total = nodes * cores;
  for (int id = 0; id < 2 * total; ++id) {
    const int core = id % total;
    cpus.push_back({id, core % cores, core / cores, core / cores, {core, core + total}});
  }
  return cpus;
}

}  // namespace

TEST_SUITE_BEGIN("tune");

TEST_CASE("a topology is read with its nodes and siblings") {
  const auto cpus = topology_of("numa32");
  REQUIRE(cpus.size() == 32);
  CHECK(cpus[7].numa_node == 0);
  CHECK(cpus[8].numa_node == 1);
  CHECK(cpus[23].numa_node == 0);
  CHECK(cpus[23].siblings == std::vector<int>{7, 23});
  CHECK(topology_of("odd")[0].package_id == 0);
}

TEST_CASE("two cores give nothing away and it is said why") {
  const auto isolation = tune::derive_isolation(topology_of("vm2"));
  CHECK(isolation.hot.empty());
  CHECK(isolation.housekeeping == std::vector<int>{0, 1});
  CHECK(isolation.reason == "nothing to isolate: node 0 has 2 cores, fewer than 4");
}

TEST_CASE("whole cores are given away and each node keeps some") {
  const auto one = tune::derive_isolation(topology_of("smt8"));
  CHECK(one.hot == std::vector<int>{2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15});
  CHECK(one.housekeeping == std::vector<int>{0, 1, 8, 9});
  const auto two = tune::derive_isolation(topology_of("numa32"));
  CHECK(tally::core::format_cpu_list(two.housekeeping) == "0-1,8-9,16-17,24-25");
}

TEST_CASE("whatever the shape no core is split and no node is left without one") {
  for (int nodes = 1; nodes <= 4; ++nodes) {
    for (int cores = 1; cores <= 12; ++cores) {
      CAPTURE(nodes);
      CAPTURE(cores);
      const auto cpus = made(nodes, cores);
      const auto isolation = tune::derive_isolation(cpus);
      CHECK(isolation.hot.size() + isolation.housekeeping.size() == cpus.size());
      CHECK(isolation.hot.empty() == (cores < 4));
      // What is derived must also be allowed when somebody asks for it.
      if (!isolation.hot.empty()) CHECK(tune::check_isolation(cpus, isolation.hot).has_value());
      CHECK(isolation.housekeeping.front() == 0);
    }
  }
}

TEST_CASE("processors that cannot be isolated are refused with the reason") {
  const auto cpus = topology_of("numa32");
  const auto refused = [&](const std::vector<int>& asked) {
    const auto result = tune::check_isolation(cpus, asked);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == Code::usage);
    return result.error().message;
  };
  CHECK(refused({0, 16}).find("boots the host") != std::string::npos);
  CHECK(refused({3}).find("3,19 are hardware threads of one core") != std::string::npos);
  CHECK(refused({40}).find("40 is not online") != std::string::npos);
  std::vector<int> whole_node;
  for (int id = 8; id < 16; ++id) whole_node.insert(whole_node.end(), {id, id + 16});
  CHECK(refused(whole_node).find("node 1 keeps no core") != std::string::npos);
  CHECK(tune::check_isolation(cpus, {3, 19}).value().hot == std::vector<int>{3, 19});
}

TEST_SUITE_END();
