#include "tune/survey.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <map>

#include "tune/probe.hpp"
#include "tune/registry.hpp"
#include "tune/text.hpp"

namespace tally::tune {
namespace {

std::string read_word(const Host& host, const std::string& path) {
  const auto text = host.read(path);
  return text && is_plain_text(*text) ? normalised(*text) : std::string();
}

// The processors that our own drop-in isolates already.
std::vector<int> configured_cpus(const GrubState& grub) {
  for (const Parameter& parameter : grub.configured) {
    if (parameter.key != "isolcpus") continue;
    std::string_view list = std::string_view(parameter.token).substr(9);
    for (const std::string_view word : {"managed_irq,", "domain,"}) {
      if (list.starts_with(word)) list.remove_prefix(word.size());
    }
    if (auto cpus = core::parse_cpu_list(list)) return std::move(*cpus);
  }
  return {};
}

Result<Isolation> choose_isolation(const Survey& survey, const Profile& profile,
                                   const Wishes& wishes) {
  if (wishes.hot_cpus) {
    if (survey.cpus.empty()) return fail(Code::usage, "cannot isolate: " + survey.isolation.reason);
    return check_isolation(survey.cpus, *wishes.hot_cpus);
  }
  if (survey.cpus.empty()) return survey.isolation;
  if (!profile.isolate) {
    Isolation none = derive_isolation({});
    none.reason = fmt::format("the profile {} isolates nothing", profile.name);
    for (const auto& cpu : survey.cpus) none.housekeeping.push_back(cpu.id);
    return none;
  }
  // A choice that was applied stays until another is made.
  if (const auto cpus = configured_cpus(survey.grub); !cpus.empty()) {
    if (auto kept = check_isolation(survey.cpus, cpus)) {
      kept->reason = fmt::format("as configured in {}", kGrubDropIn);
      return kept;
    }
  }
  return derive_isolation(survey.cpus);
}

}  // namespace

Item host_item(std::string_view id, std::string path) {
  Item item;
  item.id = std::string(id);
  item.path = std::move(path);
  if (const auto info = find_setting(id)) item.when = (*info)->when;
  return item;
}

void add_absent(Probe& probe, std::string_view id, std::string reason) {
  Item item = host_item(id, "");
  item.verdict = Verdict::not_applicable;
  item.reason = std::move(reason);
  probe.out.items.push_back(std::move(item));
}

bool read_into(const Probe& probe, Item& item, const std::string& absent) {
  const auto text = probe.host.read(item.path);
  if (!text) {
    const Error& error = text.error();
    item.os_errno = error.os_errno;
    const bool missing = error.code == Code::no_input || error.code == Code::unavailable;
    item.verdict = missing ? Verdict::not_applicable : Verdict::refused;
    item.reason = missing ? absent : error.message;
    return false;
  }
  if (!is_plain_text(*text)) {
    item.verdict = Verdict::not_applicable;
    item.reason = fmt::format("holds '{}', which is no value", printable(*text));
    return false;
  }
  item.found_raw = *text;
  item.found = normalised(*text);
  return true;
}

void want(Item& item, std::string value, const std::string& why) {
  item.verdict = item.found == value ? Verdict::ok : Verdict::advice;
  item.reason = why;
  item.wanted = std::move(value);
}

std::string processors(const std::vector<int>& cpus) {
  return fmt::format("processor{} {}", cpus.size() == 1 ? "" : "s", core::format_cpu_list(cpus));
}

std::string read_boot_id(const Host& host) {
  return read_word(host, "/proc/sys/kernel/random/boot_id");
}

Result<Survey> survey(const Host& host, const Profile& profile, const Wishes& wishes) {
  Survey out;
  out.boot_id = read_boot_id(host);
  out.machine_id = read_word(host, "/etc/machine-id");
  out.kernel_release = read_word(host, "/proc/sys/kernel/osrelease");
  if (auto cpus = read_topology(host)) {
    out.cpus = std::move(*cpus);
  } else {
    out.isolation.reason = "no topology: " + cpus.error().message;
  }
  if (auto grub = read_grub(host)) {
    out.grub = std::move(*grub);
  } else {
    out.grub_error = grub.error().message;
    out.warnings.push_back("boot parameters are left alone: " + out.grub_error);
  }
  TALLY_TRY(out.isolation, choose_isolation(out, profile, wishes));
  Probe probe{host, profile, wishes, out};
  probe_frequency(probe);
  probe_idle(probe);
  probe_scheduler(probe);
  probe_network(probe);
  probe_memory(probe);
  probe_boot(probe);
  probe_security(probe);
  return out;
}

void judge_drift(Survey& survey, const std::vector<Transaction>& transactions) {
  struct Applied {
    std::string value;
    std::string transaction;
    bool this_boot = true;
  };
  std::map<std::string, Applied> applied;  // by path; the newest transaction wins
  for (const Transaction& transaction : transactions) {
    if (!transaction.active()) continue;
    for (const Step& step : transaction.steps) {
      if (!step.done || step.done->outcome == Outcome::refused) continue;
      if (step.intent.kind == ValueKind::file) continue;
      applied[step.intent.path] = {normalised(step.done->after), transaction.name,
                                   transaction.begin->boot_id == survey.boot_id};
    }
  }
  for (Item& item : survey.items) {
    const auto at = applied.find(item.path);
    if (item.when != When::live || at == applied.end() || at->second.value == item.found) continue;
    item.verdict = Verdict::drift;
    item.reason = fmt::format(
        "{} set it to {}; {}", at->second.transaction, at->second.value,
        at->second.this_boot ? "somebody has changed it since" : "the boot since has reset it");
  }
}

}  // namespace tally::tune
