#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <unistd.h>

#include "commands.hpp"
#include "core/cpu.hpp"
#include "core/process.hpp"

namespace tally::tool {
namespace {

// Runs a program with this process's environment, its words on our stderr. Errors: unavailable when
// it is not there, os_failure when it fails.
Status run_program(const std::string& name) {
  core::ProcessRequest request;
  request.arguments = {name};
  request.output = core::ProcessOutput::to_stderr;
  TALLY_TRY(const core::ProcessEnd end, core::run_process(request));
  if (end.status == 0) return {};
  return fail(Code::os_failure, name + " failed", "run it by hand and see its words");
}

}  // namespace

void add_root(cli::Command& command, Options& options) {
  command.option("--root", options.root, "DIR", "look at and change the files below DIR",
                 {cli::Completion::Kind::folder, {}, {}});
}

void add_wishes(cli::Command& command, Options& options) {
  std::vector<std::string> names;
  for (const tune::Profile& profile : tune::profiles()) names.emplace_back(profile.name);
  command.choice("--profile", options.profile, names, "what is wanted of the host");
  command.option("--cpus", options.cpus, "LIST",
                 "processors to isolate, as 2-7,10-15, instead of those the topology gives");
  command.option("--huge-2m", options.huge_2m, "N",
                 "pages of 2 MiB on each node; -1: as the profile has it", -1, 1 << 24);
  command.option("--huge-1g", options.huge_1g, "N", "pages of 1 GiB on each node", 0, 1 << 14);
}

Result<View> look(const tune::Host& host, const Options& options) {
  View view;
  TALLY_TRY(view.profile, tune::find_profile(options.profile));
  tune::Wishes wishes;
  if (!options.cpus.empty()) {
    auto cpus = core::parse_cpu_list(options.cpus);
    if (!cpus || cpus->empty()) {
      return fail(Code::usage,
                  fmt::format("--cpus: '{}' is not a list of processors", options.cpus),
                  "write it as 2-7,10-15");
    }
    wishes.hot_cpus = std::move(*cpus);
  }
  if (options.huge_2m >= 0) wishes.huge_2m_per_node = options.huge_2m;
  wishes.huge_1g_per_node = options.huge_1g;
  TALLY_TRY(view.survey, tune::survey(host, *view.profile, wishes));
  return view;
}

std::string Group::where() const {
  if (units.empty()) return first->instance();
  const std::string name = first->unit_kind + core::format_cpu_list(units);
  return first->part.empty() ? name : name + "/" + first->part;
}

std::vector<Group> grouped(const std::vector<tune::Item>& items) {
  std::vector<Group> groups;
  std::map<std::vector<std::string>, std::size_t> known;
  for (const tune::Item& item : items) {
    const std::vector<std::string> key = {item.id,
                                          item.unit_kind,
                                          item.part,
                                          item.found,
                                          item.wanted.value_or("\n"),
                                          tune::name_of(item.verdict),
                                          item.reason};
    const auto [at, fresh] = known.emplace(key, groups.size());
    if (fresh) groups.push_back({&item, {}});
    if (item.unit >= 0) groups[at->second].units.push_back(item.unit);
  }
  return groups;
}

Result<bool> confirm(const cli::Invocation& invocation, const std::string& question) {
  if (invocation.no_input || ::isatty(STDIN_FILENO) == 0 || !invocation.out.stderr_is_terminal()) {
    return fail(Code::usage, "will not change the host without being told to",
                "add --yes, or run it on a terminal and answer");
  }
  fmt::print(stderr, "{} [y/N] ", question);
  std::fflush(stderr);
  std::array<char, 16> answer{};
  const ssize_t count = ::read(STDIN_FILENO, answer.data(), answer.size());
  return count > 0 && (answer[0] == 'y' || answer[0] == 'Y');
}

Status recover_first(cli::Invocation& invocation, tune::Host& host, tune::Store& store,
                     const std::string& boot_id) {
  TALLY_TRY(const auto told, tune::recover(host, store, boot_id));
  for (const std::string& line : told) invocation.out.warning(line);
  return {};
}

Status check_update_grub(const tune::Tree& tree, const Options& options) {
  if (!options.run_update_grub || tree.live()) return {};
  return fail(Code::usage, "--run-update-grub works on this host only",
              fmt::format("without it, then: chroot {} update-grub", tree.shown("")));
}

Status finish_boot_change(cli::Invocation& invocation, const Options& options) {
  if (!options.run_update_grub) {
    invocation.out.note("next: update-grub, then reboot; tally-tune status follows it");
    return {};
  }
  TALLY_CHECK(run_program("update-grub"));
  invocation.out.note("next: reboot; tally-tune status follows it");
  return {};
}

}  // namespace tally::tool
