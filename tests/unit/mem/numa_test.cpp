#include "mem/numa.hpp"

#include <cerrno>
#include <doctest/doctest.h>

#include "mem/pages.hpp"
#include "support/skip.hpp"

using tally::Code;
using tally::mem::bind_to_node;
using tally::mem::describe_numa;
using tally::mem::Mapping;
using tally::mem::numa_nodes;
using tally::mem::NumaOutcome;
using tally::mem::NumaReport;
using tally::mem::PageRequest;

namespace {

constexpr std::size_t kPages = 16;

PageRequest on_node(int node, bool prefault = true) {
  PageRequest request;
  request.huge = tally::mem::HugeWish::off;
  request.prefault = prefault;
  request.node = node;
  return request;
}

constexpr std::size_t kBytes = kPages * tally::mem::kSmallPageBytes;

}  // namespace

TEST_SUITE_BEGIN("mem");

TEST_CASE("a host has a node and one without the folder has node 0") {
  CHECK_FALSE(numa_nodes().empty());
  CHECK(numa_nodes("/nowhere") == std::vector<int>{0});
}

TEST_CASE("memory bound to a node reads back as bound and lies there") {
  const int node = numa_nodes().front();
  const Mapping mapping = Mapping::anonymous(kBytes, on_node(node, false)).value();
  if (const auto bound = bind_to_node(mapping.data(), kBytes, node); !bound) {
    CHECK(bound.error().os_errno == ENOSYS);
    tally::test::skip("this kernel is built without NUMA");
  }
  NumaReport report;
  report.node = node;
  tally::mem::look_at_pages(mapping.data(), kBytes, tally::mem::kSmallPageBytes, report);
  CHECK(report.pages_seen == 0);
  for (std::size_t i = 0; i < kBytes; i += tally::mem::kSmallPageBytes) mapping.data()[i] = 1;
  tally::mem::look_at_pages(mapping.data(), kBytes, tally::mem::kSmallPageBytes, report);
  CHECK(report.pages_seen == kPages);
  CHECK(report.pages_elsewhere == 0);
}

TEST_CASE("a node that is not there is refused and said") {
  const int missing = numa_nodes().back() + 1;
  const Mapping mapping = Mapping::anonymous(kBytes, on_node(missing)).value();
  const NumaReport& report = mapping.report().numa;
  CHECK(report.outcome == NumaOutcome::refused);
  CHECK(report.os_errno != 0);
  CHECK(describe_numa(report).find("refused") != std::string::npos);
  // The memory is there all the same.
  CHECK(mapping.report().prefaulted);
  CHECK(report.pages_seen == kPages);
  CHECK(report.pages_elsewhere == kPages);
  CHECK(bind_to_node(mapping.data(), kBytes, -1).error().code == Code::usage);
  CHECK(bind_to_node(mapping.data(), kBytes, 1 << 20).error().code == Code::usage);
}

TEST_CASE("a host of one node says so and goes on") {
  const auto nodes = numa_nodes();
  if (nodes.size() > 1) tally::test::skip("this host has more than one NUMA node");
  const Mapping mapping = Mapping::anonymous(kBytes, on_node(nodes.front())).value();
  CHECK(mapping.report().numa.outcome == NumaOutcome::single_node);
  CHECK(mapping.report().numa.pages_elsewhere == 0);
  CHECK(tally::mem::describe_pages(mapping.report()) ==
        "4k, 0.0625 MiB, prefaulted, node " + std::to_string(nodes.front()) + " (the only one)");
}

TEST_CASE("memory lies on each node that is asked for") {
  const auto nodes = numa_nodes();
  if (nodes.size() < 2) tally::test::skip("this host has one NUMA node");
  for (const int node : nodes) {
    const Mapping mapping = Mapping::anonymous(kBytes, on_node(node)).value();
    CHECK(mapping.report().numa.outcome == NumaOutcome::bound);
    CHECK(mapping.report().numa.pages_seen == kPages);
    CHECK(mapping.report().numa.pages_elsewhere == 0);
  }
}

TEST_CASE("a report of pages says what was not obtained") {
  tally::mem::PageReport report;
  report.mapped_bytes = std::size_t{6} << 20U;
  report.kind = tally::mem::PageKind::collapsed_2m;
  report.prefaulted = true;
  report.lock_errno = ENOMEM;
  CHECK(tally::mem::describe_pages(report) ==
        "2m (collapsed), 6 MiB, prefaulted, not locked (Cannot allocate memory)");
  report.kind = tally::mem::PageKind::small_4k;
  report.huge_bytes = std::size_t{2} << 20U;
  report.lock_errno = 0;
  CHECK(tally::mem::describe_pages(report) == "4k, 6 MiB (2 MiB of it by huge pages), prefaulted");
}

TEST_SUITE_END();
