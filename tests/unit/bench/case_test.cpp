#include "bench/case.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

namespace bench = tally::bench;
using tally::Code;

namespace {

bench::Registry sample_registry() {
  bench::Registry registry;
  for (const char* name :
       {"ring.shm.pair", "queue.spsc.pair", "queue.mpmc.pair", "queue.spsc.rtt8", "queues.other"}) {
    bench::Case definition;
    definition.name = name;
    registry.add(std::move(definition));
  }
  return registry;
}

std::vector<std::string> names(const bench::Registry& registry, const std::string& pattern) {
  std::vector<std::string> found;
  const auto selected = registry.select(pattern);
  REQUIRE(selected.has_value());
  for (const bench::Case* definition : *selected) found.push_back(definition->name);
  return found;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a pattern is a case or a prefix that ends before a dot or a glob") {
  const bench::Registry registry = sample_registry();
  CHECK(names(registry, "").size() == 5);
  CHECK(names(registry, "queue.spsc.pair") == std::vector<std::string>{"queue.spsc.pair"});
  CHECK(names(registry, "queue.spsc") ==
        std::vector<std::string>{"queue.spsc.pair", "queue.spsc.rtt8"});
  CHECK(names(registry, "queue").size() == 3);
  CHECK(names(registry, "*.pair") ==
        std::vector<std::string>{"queue.mpmc.pair", "queue.spsc.pair", "ring.shm.pair"});
  CHECK(names(registry, "queue.[sm]p?c.pair").size() == 2);
}

TEST_CASE("a pattern that selects nothing and one that never could are errors") {
  const bench::Registry registry = sample_registry();
  CHECK(registry.select("queue.s").error().code == Code::no_input);
  CHECK(registry.select("nothing").error().code == Code::no_input);
  CHECK(registry.select("queue spsc").error().code == Code::usage);
  CHECK(registry.select("../ring").error().code == Code::usage);
}

TEST_CASE("peers join a case that exists") {
  bench::Registry registry = sample_registry();
  CHECK(registry.add_peer("queue.spsc.pair", {"boost", {}}));
  CHECK_FALSE(registry.add_peer("queue.spsc", {"boost", {}}));
  CHECK(registry.select("queue.spsc.pair").value().front()->peers.at(0).name == "boost");
}

TEST_SUITE_END();
