// Kernel parameters: what is wanted of them, and where each stands on its way from our file through
// the generated menu to the running kernel.
#include <algorithm>
#include <fmt/format.h>

#include "tune/probe.hpp"
#include "tune/text.hpp"

namespace tally::tune {
namespace {

enum class Built { yes, no, unknown };

// Whether the running kernel was built with CONFIG_`option`.
Built kernel_has(const Probe& probe, std::string_view option) {
  const auto text = probe.host.read("/boot/config-" + probe.out.kernel_release);
  if (!text) return Built::unknown;
  return text->find(fmt::format("CONFIG_{}=y\n", option)) != std::string::npos ? Built::yes
                                                                               : Built::no;
}

bool tickless_possible(const Probe& probe) {
  // The file is there exactly when the option is; it may read "(null)".
  if (probe.host.read("/sys/devices/system/cpu/nohz_full")) return true;
  return kernel_has(probe, "NO_HZ_FULL") == Built::yes;
}

bool offload_possible(const Probe& probe) {
  const Built built = kernel_has(probe, "RCU_NOCB_CPU");
  return built == Built::yes || (built == Built::unknown && tickless_possible(probe));
}

std::string token_with_key(const std::vector<Parameter>& parameters, std::string_view key) {
  for (const Parameter& parameter : parameters) {
    if (parameter.key == key) return parameter.token;
  }
  return {};
}

BootStanding standing_of(const GrubState& grub, std::string_view token) {
  BootStanding standing;
  standing.configured = holds(grub.configured, token);
  standing.generated =
      !grub.menu_lines.empty() && std::all_of(grub.menu_lines.begin(), grub.menu_lines.end(),
                                              [&](const auto& line) { return holds(line, token); });
  standing.booted = holds(grub.booted, token);
  return standing;
}

void judge_wanted(Probe& probe, Item& item, const std::string& token, const std::string& why) {
  const GrubState& grub = probe.out.grub;
  const std::string key = parse_cmdline(token).front().key;
  for (const ForeignParameter& other : grub.others) {
    if (other.parameter.key != key) continue;
    const bool same = other.parameter.token == token;
    item.verdict = same ? Verdict::ok : Verdict::advice;
    item.reason = same ? fmt::format("set by {}", other.file)
                       : fmt::format("{} sets {}: change it there, two files would fight",
                                     other.file, other.parameter.token);
    if (!same) {
      probe.out.warnings.push_back(fmt::format("{} sets {}, so {} is left to it", other.file,
                                               other.parameter.token, item.id));
    }
    return;
  }
  const BootStanding standing = standing_of(grub, token);
  item.boot = standing;
  item.wanted = token;
  item.verdict = Verdict::advice;
  if (!standing.configured) {
    item.reason = why;
  } else if (!standing.generated) {
    item.reason = "configured; next: update-grub, then reboot";
  } else if (!standing.booted) {
    item.reason = "in the generated menu; next: reboot";
  } else {
    item.verdict = Verdict::ok;
    item.reason = why;
  }
}

// `lack` says why this host cannot have it; empty when it can.
void add_parameter(Probe& probe, std::string_view id, const std::string& token,
                   const std::string& why, const std::string& lack) {
  Item item = host_item(id, kGrubDropIn);
  const std::string key = parse_cmdline(token).front().key;
  item.found = token_with_key(probe.out.grub.booted, key);
  if (!lack.empty()) {
    item.verdict = Verdict::not_applicable;
    item.reason = lack;
  } else if (!probe.out.grub_error.empty()) {
    item.verdict = Verdict::refused;
    item.reason = probe.out.grub_error;
  } else if (!probe.out.grub.present) {
    item.verdict = Verdict::not_applicable;
    item.reason = "this host has no GRUB; add to its kernel command line: " + token;
  } else {
    judge_wanted(probe, item, token, why);
  }
  probe.out.items.push_back(std::move(item));
}

void probe_huge_1g(Probe& probe) {
  const std::int64_t pages = probe.wishes.huge_1g_per_node;
  if (pages <= 0) {
    Item item = host_item("boot.huge_1g", kGrubDropIn);
    item.found = token_with_key(probe.out.grub.booted, "hugepagesz=1G");
    item.reason = "none asked for: --huge-1g N";
    probe.out.items.push_back(std::move(item));
    return;
  }
  const std::vector<int> nodes = memory_nodes(probe.host);
  std::string count = fmt::format("{}", pages);
  if (nodes.size() > 1) {
    std::vector<std::string> parts;
    parts.reserve(nodes.size());
    for (const int node : nodes) parts.push_back(fmt::format("{}:{}", node, pages));
    count = fmt::format("{}", fmt::join(parts, ","));
  }
  add_parameter(probe, "boot.huge_1g", "hugepagesz=1G hugepages=" + count,
                "taken while memory is whole", "");
}

}  // namespace

void probe_boot(Probe& probe) {
  const Isolation& isolation = probe.out.isolation;
  const std::string hot = core::format_cpu_list(isolation.hot);
  const std::string lack = isolation.hot.empty() ? isolation.reason : std::string();
  const std::string why = isolation.reason;
  add_parameter(probe, "boot.isolcpus", "isolcpus=managed_irq,domain," + hot, why, lack);
  add_parameter(probe, "boot.nohz_full", "nohz_full=" + hot, "no tick on the isolated processors",
                !lack.empty()              ? lack
                : tickless_possible(probe) ? ""
                                           : "the kernel is built without CONFIG_NO_HZ_FULL");
  add_parameter(probe, "boot.rcu_nocbs", "rcu_nocbs=" + hot, "RCU callbacks run on the others",
                !lack.empty()             ? lack
                : offload_possible(probe) ? ""
                                          : "the kernel is built without CONFIG_RCU_NOCB_CPU");
  add_parameter(probe, "boot.irqaffinity",
                "irqaffinity=" + core::format_cpu_list(isolation.housekeeping),
                "isolcpus alone leaves interrupts everywhere", lack);
  probe_huge_1g(probe);
  if (probe.out.grub.recovery_touched) {
    probe.out.warnings.push_back(
        "the recovery entry of the menu carries parameters of ours; run update-grub again, and see "
        "what copies GRUB_CMDLINE_LINUX_DEFAULT into GRUB_CMDLINE_LINUX");
  }
}

}  // namespace tally::tune
