#include "bench/counters.hpp"

#include <algorithm>
#include <cerrno>
#include <doctest/doctest.h>
#include <linux/perf_event.h>
#include <memory>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#include "bench/result.hpp"
#include "core/fd.hpp"
#include "support/skip.hpp"
#include "unit/bench/fake_root.hpp"

namespace bench = tally::bench;

namespace {

int open_really(const perf_event_attr& attributes, int group_fd) {
  const long fd = ::syscall(SYS_perf_event_open, &attributes, 0, -1, group_fd, 0UL);
  return fd < 0 ? -errno : static_cast<int>(fd);
}

// A processor whose every event counts the nanoseconds of the thread.
int open_task_clock(const perf_event_attr& attributes, int group_fd) {
  perf_event_attr changed = attributes;
  changed.type = PERF_TYPE_SOFTWARE;
  changed.config = PERF_COUNT_SW_TASK_CLOCK;
  return open_really(changed, group_fd);
}

bool software_events_work() {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  const int fd = open_really(attributes, -1);
  if (fd < 0) return false;
  ::close(fd);
  return true;
}

const bench::Counter& find(const bench::CounterReport& report, const std::string& name) {
  const auto at = std::find_if(report.counters.begin(), report.counters.end(),
                               [&](const bench::Counter& counter) { return counter.name == name; });
  REQUIRE(at != report.counters.end());
  return *at;
}

// Faults once for each of 64 pages.
void touch_fresh_pages() {
  constexpr std::size_t kPages = 64;
  constexpr std::size_t kBytes = kPages * 4096;
  void* memory =
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  ::madvise(memory, kBytes, MADV_NOHUGEPAGE);
  for (std::size_t page = 0; page < kPages; ++page)
    static_cast<volatile char*>(memory)[page * 4096] = 1;
  ::munmap(memory, kBytes);
}

bench::CounterReport count_faults(bench::CounterSet& set) {
  bench::CounterTotals totals;
  set.start();
  touch_fresh_pages();
  totals.add(set.stop(), 64);
  return totals.report(set);
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a machine without a PMU has reasons and never zeroes") {
  const tally::test::FakeRoot root;
  root.put("proc/cpuinfo", "flags\t\t: fpu hypervisor\n");
  bench::CounterSet set(root.path(), [](const perf_event_attr& attributes, int group_fd) {
    return attributes.type == PERF_TYPE_SOFTWARE ? open_really(attributes, group_fd) : -ENOENT;
  });
  CHECK_FALSE(set.has_hardware());
  CHECK(set.hardware_reason() == "no hardware counter for it in this virtual machine (ENOENT)");
  const bench::CounterReport report = count_faults(set);
  for (const char* name : {"cycles", "instructions", "l1d_misses", "llc_misses", "dtlb_misses",
                           "branch_misses", "topdown_slots", "topdown_retiring"}) {
    CHECK_FALSE(find(report, name).per_operation.has_value());
    CHECK_FALSE(find(report, name).reason.empty());
  }
  CHECK(find(report, "page_faults").per_operation.value() >= 1.0);
  CHECK(find(report, "context_switches").per_operation.has_value());
}

TEST_CASE("a driver that refuses an event is told from a missing one") {
  const tally::test::FakeRoot root;
  const bench::CounterSet set(root.path(), [](const perf_event_attr&, int) { return -EOPNOTSUPP; });
  CHECK(set.hardware_reason() == "the processor or its driver does not count it (EOPNOTSUPP)");
}

TEST_CASE("every way to fail has its own words") {
  const tally::test::FakeRoot root;
  root.put("proc/sys/kernel/perf_event_paranoid", "4\n");
  const auto reason = [&](int error) {
    bench::CounterSet set(root.path(), [error](const perf_event_attr&, int) { return -error; });
    CHECK_FALSE(set.has_hardware());
    const bench::CounterReport report = count_faults(set);
    CHECK_FALSE(find(report, "cycles").per_operation.has_value());
    CHECK(find(report, "cycles").reason == set.hardware_reason());
    // What the kernel counts for every process is there none the less.
    CHECK(find(report, "page_faults").per_operation.has_value());
    return set.hardware_reason();
  };
  CHECK(reason(ENOENT) == "the processor or its driver does not count it (ENOENT)");
  CHECK(reason(ENODEV) == "the processor or its driver does not count it (ENODEV)");
  CHECK(reason(EACCES) == "not permitted (EACCES): kernel.perf_event_paranoid is 4");
  CHECK(reason(EPERM) == "not permitted (EPERM): kernel.perf_event_paranoid is 4");
  CHECK(reason(ENOSYS) == "the kernel is built without perf_event_open (ENOSYS)");
  CHECK(reason(EMFILE) == "perf_event_open: Too many open files");
  CHECK(reason(EBUSY) == "perf_event_open: Device or resource busy");
}

TEST_CASE("a paranoid kernel is named and faults come from getrusage") {
  const tally::test::FakeRoot root;
  root.put("proc/sys/kernel/perf_event_paranoid", "3\n");
  bench::CounterSet set(root.path(), [](const perf_event_attr&, int) { return -EACCES; });
  CHECK(set.hardware_reason() == "not permitted (EACCES): kernel.perf_event_paranoid is 3");
  const bench::CounterReport report = count_faults(set);
  CHECK(find(report, "page_faults").per_operation.value() >= 1.0);
  CHECK(find(report, "context_switches").per_operation.value() < 1000.0);
  CHECK_FALSE(find(report, "migrations").per_operation.has_value());
  CHECK(find(report, "migrations").reason ==
        "not permitted (EACCES): kernel.perf_event_paranoid is 3");
}

TEST_CASE("without a right to the kernel user mode is counted and marked") {
  if (!software_events_work()) tally::test::skip("perf_event_open is not permitted");
  bench::CounterSet set("", [](const perf_event_attr& attributes, int group_fd) {
    return attributes.exclude_kernel == 0 ? -EACCES : open_task_clock(attributes, group_fd);
  });
  CHECK(set.has_hardware());
  const bench::CounterReport report = count_faults(set);
  CHECK(find(report, "cycles").user_only);
  CHECK(find(report, "cycles").per_operation.value() > 0);
  CHECK_FALSE(find(report, "context_switches").user_only);
  CHECK(find(report, "context_switches").per_operation.has_value());
}

TEST_CASE("events of one group count the same time") {
  if (!software_events_work()) tally::test::skip("perf_event_open is not permitted");
  const tally::test::FakeRoot root;
  bench::CounterSet set(root.path(), open_task_clock);
  const bench::CounterReport report = count_faults(set);
  CHECK(report.operations == 64);
  const double cycles = find(report, "cycles").per_operation.value();
  CHECK(cycles > 0);
  CHECK(find(report, "instructions").per_operation.value() == doctest::Approx(cycles).epsilon(0.2));
  CHECK(find(report, "cycles").running == doctest::Approx(1.0));
}

TEST_CASE("topdown events come from sysfs and are shares of the slots") {
  if (!software_events_work()) tally::test::skip("perf_event_open is not permitted");
  const tally::test::FakeRoot root;
  const std::string cpu = "sys/bus/event_source/devices/cpu/";
  root.put(cpu + "type", "4\n");
  root.put(cpu + "events/slots", "event=0x00,umask=0x4\n");
  root.put(cpu + "events/topdown-retiring", "event=0x00,umask=0x80\n");
  root.put(cpu + "events/topdown-bad-spec", "event=0x00,frontend=0x80\n");
  std::vector<std::uint64_t> configs;
  bench::CounterSet set(root.path(), [&](const perf_event_attr& attributes, int group_fd) {
    if (attributes.type == 4) configs.push_back(attributes.config);
    return open_task_clock(attributes, group_fd);
  });
  CHECK(configs == std::vector<std::uint64_t>{0x400, 0x8000});
  const bench::CounterReport report = count_faults(set);
  CHECK(find(report, "topdown_retiring").per_operation.value() ==
        doctest::Approx(1.0).epsilon(0.2));
  CHECK(find(report, "topdown_bad_speculation").reason.find("no topdown") != std::string::npos);
}

TEST_CASE("a group that had half of the time is scaled as it is read") {
  // The first group is a pipe with the kernel's answer in it: three events, 100 ns enabled, 50 ns
  // running. The second never ran. The others are not there.
  const tally::test::FakeRoot root;
  std::vector<tally::UniqueFd> pipes;
  const auto answer = [&](const std::vector<std::uint64_t>& words) {
    int ends[2] = {-1, -1};
    REQUIRE(::pipe(ends) == 0);
    pipes.emplace_back(ends[1]);
    const auto bytes = static_cast<ssize_t>(words.size() * sizeof words[0]);
    REQUIRE(::write(ends[1], words.data(), words.size() * sizeof words[0]) == bytes);
    return ends[0];
  };
  bench::CounterSet set(root.path(), [&](const perf_event_attr& attributes, int group_fd) -> int {
    if (attributes.type == PERF_TYPE_SOFTWARE) return -ENOENT;
    if (group_fd >= 0) return ::dup(group_fd);
    return attributes.type == PERF_TYPE_HARDWARE ? answer({3, 100, 50, 4000, 9000, 7})
                                                 : answer({3, 100, 0, 0, 0, 0});
  });
  bench::CounterTotals totals;
  set.start();
  totals.add(set.stop(), 10);
  const bench::CounterReport report = totals.report(set);
  CHECK(find(report, "cycles").per_operation.value() == doctest::Approx(800));
  CHECK(find(report, "instructions").per_operation.value() == doctest::Approx(1800));
  CHECK(find(report, "branch_misses").per_operation.value() == doctest::Approx(1.4));
  CHECK(find(report, "cycles").running == doctest::Approx(0.5));
  CHECK_FALSE(find(report, "llc_misses").per_operation.has_value());
  CHECK(find(report, "llc_misses").reason ==
        "the kernel never gave it a counter: others hold them");
  const auto notes = bench::counter_notes(report);
  CHECK(std::count(notes.begin(), notes.end(),
                   "counters: cycles, instructions, branch_misses: counted in 50 % of the time and "
                   "scaled") == 1);
}

TEST_CASE("counts that took turns are scaled and their share is said") {
  const bench::CounterSet set("", [](const perf_event_attr&, int) { return -ENOENT; });
  bench::SliceCounts slice;
  slice.counts.resize(3);
  slice.counts[0] = {true, 3000, 100, 50};
  bench::CounterTotals totals;
  totals.add(slice, 10);
  slice.counts[0] = {};  // its turn did not come in this slice
  totals.add(slice, 10);
  const bench::CounterReport report = totals.report(set);
  CHECK(report.operations == 20);
  CHECK(find(report, "cycles").per_operation.value() == doctest::Approx(300));
  CHECK(find(report, "cycles").running == doctest::Approx(0.5));
  bench::CaseResult result;
  result.counters = report;
  const std::string json = bench::to_json(result);
  CHECK(json.find("\"cycles\":300") != std::string::npos);
  CHECK(json.find("\"running\":{\"cycles\":0.5") != std::string::npos);
  CHECK(json.find("\"instructions\":null") != std::string::npos);
  const auto notes = bench::counter_notes(report);
  CHECK(std::any_of(notes.begin(), notes.end(), [](const std::string& note) {
    return note == "counters: cycles: counted in 50 % of the time and scaled";
  }));
}

TEST_SUITE_END();
