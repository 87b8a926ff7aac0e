#include "cli/doctor.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "commands.hpp"
#include "tune/store.hpp"
#include "tune/text.hpp"

namespace tally::tool {
namespace {

using cli::Finding;
using State = Finding::State;

Finding find_rights() {
  if (::geteuid() == 0) return {"rights", State::good, "root", "", ""};
  return {"rights", State::missing, fmt::format("user {}", ::geteuid()),
          "status and plan work, apply and rollback do not", "sudo tally-tune doctor"};
}

Finding find_sysfs(const tune::Tree& tree) {
  const auto fd = tree.open_file("/proc/sys/kernel/timer_migration", O_WRONLY);
  if (fd) return {"kernel settings", State::good, "writable", "", ""};
  return {"kernel settings", State::missing, fd.error().message,
          "a container or a read-only /proc keeps live settings from being applied",
          "run it on the host itself"};
}

Finding find_virtual(const tune::Host& host) {
  const auto info = host.read("/proc/cpuinfo");
  const auto words = info ? tune::split_words(*info) : std::vector<std::string>{};
  if (std::find(words.begin(), words.end(), "hypervisor") == words.end()) {
    return {"machine", State::good, "no hypervisor", "", ""};
  }
  return {
      "machine", State::note, "a guest of a hypervisor",
      "the host takes the processor away when it likes: the longest delays are not ours to cure",
      ""};
}

Finding find_grub(const tune::Survey& survey) {
  if (survey.grub.present) return {"grub", State::good, "present", "", ""};
  return {"grub", State::note, "absent", "boot parameters must be set by hand",
          "tally-tune status says which"};
}

// Programs that change the same settings behind our back.
Finding find_rivals(const tune::Host& host) {
  std::vector<std::string> rivals;
  for (const int pid : tune::numbered(host, "/proc", "")) {
    const auto name = host.read(fmt::format("/proc/{}/comm", pid));
    if (!name) continue;
    const std::string word = tune::normalised(*name);
    if (word == "tuned" || word == "irqbalance" || word == "power-profiles-")
      rivals.push_back(word);
  }
  if (rivals.empty()) return {"other tuners", State::good, "none running", "", ""};
  return {"other tuners", State::note, fmt::format("{} running", fmt::join(rivals, ", ")),
          "it may undo what is applied here; status --check shows it", ""};
}

Finding find_journal(const tune::Tree& tree) {
  const auto listing = tune::Store::for_reading(tree).list();
  if (!listing)
    return {"journal", State::missing, listing.error().message, "nothing can be undone", ""};
  if (!listing->broken.empty()) {
    return {"journal", State::missing, listing->broken.front().message,
            "apply and rollback refuse to go on", "keep a copy, then move its folder away"};
  }
  std::size_t active = 0;
  for (const tune::Transaction& transaction : listing->transactions) {
    if (!transaction.begin || transaction.open()) {
      return {"journal", State::missing, transaction.name + " was cut short",
              "the host is half tuned", "tally-tune rollback"};
    }
    if (transaction.active()) ++active;
  }
  return {"journal", State::good, fmt::format("{} in force", active), "", ""};
}

std::vector<Finding> examine() {
  const auto tree = tune::Tree::open("/");
  if (!tree) return {{"root", State::missing, tree.error().message, "nothing can be read", ""}};
  const tune::TreeHost host(*tree);
  std::vector<Finding> findings = {find_rights(), find_sysfs(*tree), find_virtual(host)};
  if (const auto survey = tune::survey(host, *tune::find_profile("low-latency").value(), {})) {
    findings.push_back(find_grub(*survey));
    const bool spare = !survey->isolation.hot.empty();
    findings.push_back(
        {"spare cores", spare ? State::good : State::note,
         spare ? core::format_cpu_list(survey->isolation.hot) : survey->isolation.reason,
         spare ? "" : "nothing can be isolated", ""});
  }
  findings.push_back(find_rivals(host));
  findings.push_back(find_journal(*tree));
  return findings;
}

}  // namespace

void add_doctor(cli::App& app) {
  cli::add_doctor(app, examine);
}

}  // namespace tally::tool
