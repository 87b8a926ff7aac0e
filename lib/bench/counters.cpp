#include "bench/counters.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <string_view>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#include "bench/environment.hpp"
#include "bench/kernel_text.hpp"
#include "core/file.hpp"

namespace tally::bench {

namespace {

constexpr std::uint64_t cache_misses(std::uint64_t cache) {
  return cache | (std::uint64_t{PERF_COUNT_HW_CACHE_OP_READ} << 8U) |
         (std::uint64_t{PERF_COUNT_HW_CACHE_RESULT_MISS} << 16U);
}

struct EventSpec {
  const char* name;
  int group;
  std::uint32_t type;
  std::uint64_t config;
  const char* sysfs;  // the file of the event when the kernel names it, instead of type and config
  bool in_kernel;     // happens in the kernel: user mode alone would count 0
};

constexpr std::uint32_t kHardware = PERF_TYPE_HARDWARE;
constexpr std::uint32_t kCache = PERF_TYPE_HW_CACHE;
constexpr std::uint32_t kSoftware = PERF_TYPE_SOFTWARE;

// Groups of at most four, which every processor with counters can count at once beside the cycles
// that a watchdog may hold. `slots` leads its group, as Intel's metrics ask.
constexpr std::array<EventSpec, 14> kEvents = {{
    {"cycles", 0, kHardware, PERF_COUNT_HW_CPU_CYCLES, nullptr, false},
    {"instructions", 0, kHardware, PERF_COUNT_HW_INSTRUCTIONS, nullptr, false},
    {"branch_misses", 0, kHardware, PERF_COUNT_HW_BRANCH_MISSES, nullptr, false},
    {"l1d_misses", 1, kCache, cache_misses(PERF_COUNT_HW_CACHE_L1D), nullptr, false},
    {"llc_misses", 1, kCache, cache_misses(PERF_COUNT_HW_CACHE_LL), nullptr, false},
    {"dtlb_misses", 1, kCache, cache_misses(PERF_COUNT_HW_CACHE_DTLB), nullptr, false},
    {"topdown_slots", 2, 0, 0, "slots", false},
    {"topdown_retiring", 2, 0, 0, "topdown-retiring", false},
    {"topdown_bad_speculation", 2, 0, 0, "topdown-bad-spec", false},
    {"topdown_frontend", 2, 0, 0, "topdown-fe-bound", false},
    {"topdown_backend", 2, 0, 0, "topdown-be-bound", false},
    {"page_faults", 3, kSoftware, PERF_COUNT_SW_PAGE_FAULTS, nullptr, true},
    {"context_switches", 4, kSoftware, PERF_COUNT_SW_CONTEXT_SWITCHES, nullptr, true},
    {"migrations", 5, kSoftware, PERF_COUNT_SW_CPU_MIGRATIONS, nullptr, true},
}};
constexpr int kGroups = 6;
constexpr std::string_view kSlots = "topdown_slots";

int open_on_this_thread(const perf_event_attr& attributes, int group_fd) {
  const long fd = ::syscall(SYS_perf_event_open, &attributes, 0, -1, group_fd,
                            static_cast<unsigned long>(PERF_FLAG_FD_CLOEXEC));
  return fd < 0 ? -errno : static_cast<int>(fd);
}

std::string first_line(const std::string& path) {
  const auto content = core::read_file(path);
  return content ? content->substr(0, content->find('\n')) : std::string{};
}

// The number of the kernel's driver for the processor's own events.
bool parse_type(std::string_view text, std::uint32_t& type) {
  return std::from_chars(text.data(), text.data() + text.size(), type).ec == std::errc{};
}

// Type and config; false when this processor has no such event.
bool describe_event(const EventSpec& spec, const std::string& root, perf_event_attr& attributes) {
  attributes.type = spec.type;
  attributes.config = spec.config;
  if (spec.sysfs == nullptr) return true;
  const std::string folder = root + "/sys/bus/event_source/devices/cpu/";
  const std::string event = first_line(folder + "events/" + spec.sysfs);
  const auto config = parse_event_config(event);
  if (event.empty() || !config || !parse_type(first_line(folder + "type"), attributes.type))
    return false;
  attributes.config = *config;
  return true;
}

perf_event_attr blank_attributes() {
  perf_event_attr attributes;
  std::memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.disabled = 1;
  attributes.read_format =
      PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING;
  return attributes;
}

bool not_permitted(int os_errno) {
  return os_errno == EACCES || os_errno == EPERM;
}

bool has_rusage_twin(std::string_view name) {
  return name == "page_faults" || name == "context_switches";
}

}  // namespace

std::string CounterSet::reason_of(int os_errno) const {
  switch (os_errno) {
    case ENOENT:
    case ENODEV:
    case EOPNOTSUPP:
      return fmt::format("{} ({})",
                         guest_ ? "no hardware counter for it in this virtual machine"
                                : "the processor or its driver does not count it",
                         os_errno == ENOENT   ? "ENOENT"
                         : os_errno == ENODEV ? "ENODEV"
                                              : "EOPNOTSUPP");
    case EACCES:
    case EPERM:
      return fmt::format("not permitted ({}): kernel.perf_event_paranoid is {}",
                         os_errno == EACCES ? "EACCES" : "EPERM",
                         paranoid_.empty() ? "unknown" : paranoid_);
    case ENOSYS:
      return "the kernel is built without perf_event_open (ENOSYS)";
    default:
      return fmt::format("perf_event_open: {}", std::strerror(os_errno));
  }
}

CounterSet::CounterSet(const std::string& root, const OpenEvent& open)
    : guest_(probe_environment(root).virtual_machine),
      paranoid_(first_line(root + "/proc/sys/kernel/perf_event_paranoid")) {
  const OpenEvent opener = open ? open : open_on_this_thread;
  std::vector<perf_event_attr> attributes;
  for (const EventSpec& spec : kEvents) {
    Event event;
    event.name = spec.name;
    attributes.push_back(blank_attributes());
    if (!describe_event(spec, root, attributes.back()))
      event.reason = "the processor or its driver has no topdown events";
    events_.push_back(std::move(event));
  }
  for (int group = 0; group < kGroups; ++group) {
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < kEvents.size(); ++i)
      if (kEvents[i].group == group && events_[i].reason.empty()) wanted.push_back(i);
    open_group(wanted, attributes, opener);
  }
  rusage_before_.resize(events_.size());
}

void CounterSet::open_group(const std::vector<std::size_t>& wanted,
                            const std::vector<perf_event_attr>& attributes, const OpenEvent& open) {
  Group group;
  for (const std::size_t index : wanted) {
    Event& event = events_[index];
    perf_event_attr attribute = attributes[index];
    if (group.leader >= 0) attribute.disabled = 0;  // members follow their leader
    int fd = open(attribute, group.leader);
    if (fd < 0 && not_permitted(-fd) && !kEvents[index].in_kernel) {
      attribute.exclude_kernel = 1;
      attribute.exclude_hv = 1;
      event.user_only = true;
      fd = open(attribute, group.leader);
    }
    if (fd < 0) {
      event.user_only = false;
      event.from_rusage = has_rusage_twin(event.name);
      if (!event.from_rusage) event.reason = reason_of(-fd);
      continue;
    }
    event.fd = UniqueFd(fd);
    if (group.leader < 0) group.leader = fd;
    group.events.push_back(index);
  }
  if (group.leader >= 0) groups_.push_back(std::move(group));
}

bool CounterSet::has_hardware() const {
  return events_[0].fd || events_[1].fd;
}

const std::string& CounterSet::hardware_reason() const {
  return events_[0].reason;
}

std::uint64_t CounterSet::rusage_count(const std::string& name) {
  rusage usage{};
  ::getrusage(RUSAGE_THREAD, &usage);
  const long count =
      name == "page_faults" ? usage.ru_minflt + usage.ru_majflt : usage.ru_nvcsw + usage.ru_nivcsw;
  return static_cast<std::uint64_t>(count);
}

void CounterSet::start() {
  for (std::size_t i = 0; i < events_.size(); ++i)
    if (events_[i].from_rusage) rusage_before_[i] = rusage_count(events_[i].name);
  for (const Group& group : groups_) {
    ::ioctl(group.leader, PERF_EVENT_IOC_RESET, PERF_IOC_FLAG_GROUP);
    ::ioctl(group.leader, PERF_EVENT_IOC_ENABLE, PERF_IOC_FLAG_GROUP);
  }
}

SliceCounts CounterSet::stop() {
  for (auto group = groups_.rbegin(); group != groups_.rend(); ++group)
    ::ioctl(group->leader, PERF_EVENT_IOC_DISABLE, PERF_IOC_FLAG_GROUP);
  SliceCounts counts;
  counts.counts.resize(events_.size());
  for (Group& group : groups_) read_group(group, counts);
  for (std::size_t i = 0; i < events_.size(); ++i)
    if (events_[i].from_rusage)
      counts.counts[i] = {
          true, static_cast<double>(rusage_count(events_[i].name) - rusage_before_[i]), 1, 1};
  return counts;
}

// The answer is count, enabled, running, value of the leader, values of the members. A reset leaves
// the times alone, so those of this slice are differences.
void CounterSet::read_group(Group& group, SliceCounts& counts) {
  constexpr std::size_t kHead = 3;
  std::array<std::uint64_t, kHead + kEvents.size()> answer{};
  const ssize_t got = ::read(group.leader, answer.data(), sizeof answer);
  const std::size_t expected = (kHead + group.events.size()) * sizeof answer[0];
  if (got < 0 || static_cast<std::size_t>(got) < expected) return;
  const auto enabled_ns = static_cast<double>(answer[1] - group.enabled_ns);
  const auto running_ns = static_cast<double>(answer[2] - group.running_ns);
  group.enabled_ns = answer[1];
  group.running_ns = answer[2];
  if (running_ns <= 0) return;
  for (std::size_t i = 0; i < group.events.size(); ++i)
    counts.counts[group.events[i]] = {
        true, static_cast<double>(answer[kHead + i]) * enabled_ns / running_ns, enabled_ns,
        running_ns};
}

void CounterTotals::add(const SliceCounts& slice, std::uint64_t operations) {
  totals_.resize(std::max(totals_.size(), slice.counts.size()));
  operations_ += operations;
  for (std::size_t i = 0; i < slice.counts.size(); ++i) {
    const SliceCounts::Count& count = slice.counts[i];
    if (!count.counted) continue;
    Total& total = totals_[i];
    total.value += count.value;
    total.enabled_ns += count.enabled_ns;
    total.running_ns += count.running_ns;
    total.operations += operations;
  }
}

CounterReport CounterTotals::report(const CounterSet& set) const {
  CounterReport report;
  report.operations = operations_;
  double slots = 0;
  for (std::size_t i = 0; i < set.events_.size(); ++i) {
    const CounterSet::Event& event = set.events_[i];
    Counter counter{event.name, std::nullopt, 1, event.user_only, event.reason};
    if (i < totals_.size() && totals_[i].operations != 0) {
      const Total& total = totals_[i];
      if (event.name == kSlots) slots = total.value;
      const bool share = event.name.starts_with("topdown_") && event.name != kSlots;
      const double whole = share ? slots : static_cast<double>(total.operations);
      if (whole > 0) counter.per_operation = total.value / whole;
      counter.running = total.running_ns / total.enabled_ns;
    }
    if (!counter.per_operation && counter.reason.empty())
      counter.reason = operations_ == 0 ? "no slice was kept"
                                        : "the kernel never gave it a counter: others hold them";
    report.counters.push_back(std::move(counter));
  }
  return report;
}

std::vector<std::string> counter_notes(const CounterReport& report) {
  std::vector<std::pair<std::string, std::string>> by_reason;  // reason, names
  const auto add = [&](const std::string& reason, const std::string& name) {
    const auto same = std::find_if(by_reason.begin(), by_reason.end(),
                                   [&](const auto& entry) { return entry.first == reason; });
    if (same == by_reason.end())
      by_reason.emplace_back(reason, name);
    else
      same->second += ", " + name;
  };
  for (const Counter& counter : report.counters) {
    if (!counter.reason.empty()) add(counter.reason, counter.name);
    if (counter.user_only)
      add("user mode alone, for lack of a right to count the kernel", counter.name);
    if (counter.per_operation && counter.running < 0.999)
      add(fmt::format("counted in {:.0f} % of the time and scaled", counter.running * 100),
          counter.name);
  }
  std::vector<std::string> notes;
  notes.reserve(by_reason.size());
  for (const auto& [reason, names] : by_reason)
    notes.push_back(fmt::format("counters: {}: {}", names, reason));
  return notes;
}

}  // namespace tally::bench
