// The commands of tally-tune, one file each, and what they share. Options are bound to one object
// that main() owns, because the registry keeps references to them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cli/app.hpp"
#include "tune/profile.hpp"
#include "tune/survey.hpp"
#include "tune/tree.hpp"
#include "tune/undo.hpp"

namespace tally::tool {

struct Options {
  std::string root = "/";
  std::string profile = "low-latency";
  std::string cpus;
  std::int64_t huge_2m = -1;  // -1: what the profile wants
  std::int64_t huge_1g = 0;
  bool check = false;
  std::string out_file;
  std::string plan_file;
  bool dry_run = false;
  bool yes = false;
  bool keep_going = false;
  bool run_update_grub = false;
  std::vector<std::string> transactions;
  bool all = false;
  bool force = false;
  bool print = false;
  std::string setting;
  std::vector<std::string> hold_command;
};

void add_status(cli::App& app, Options& options);
void add_plan(cli::App& app, Options& options);
void add_apply(cli::App& app, Options& options);
void add_rollback(cli::App& app, Options& options);
void add_explain(cli::App& app, Options& options);
void add_hold(cli::App& app, Options& options);
void add_doctor(cli::App& app);

// The options --root, and --profile, --cpus, --huge-2m, --huge-1g of what is wanted.
void add_root(cli::Command& command, Options& options);
void add_wishes(cli::Command& command, Options& options);

// The handler of status, which is also that of the tool without a command.
[[nodiscard]] Result<Code> run_status(cli::Invocation& invocation, const Options& options);

// A look at the host as the options want it.
struct View {
  const tune::Profile* profile = nullptr;
  tune::Survey survey;
};
[[nodiscard]] Result<View> look(const tune::Host& host, const Options& options);

// "cpu2-7,10-15/state2" for rows that say the same of many processors.
struct Group {
  const tune::Item* first = nullptr;
  std::vector<int> units;
  [[nodiscard]] std::string where() const;
};
[[nodiscard]] std::vector<Group> grouped(const std::vector<tune::Item>& items);

// Asks on a terminal; off one, or with --no-input, an error that names --yes.
[[nodiscard]] Result<bool> confirm(const cli::Invocation& invocation, const std::string& question);

// Finishes what an earlier run left, and says so.
[[nodiscard]] Status recover_first(cli::Invocation& invocation, tune::Host& host,
                                   tune::Store& store, const std::string& boot_id);

// Errors: usage, when update-grub is to run and the tree is not this host. To be asked first.
[[nodiscard]] Status check_update_grub(const tune::Tree& tree, const Options& options);
// How a boot change goes on from here: runs update-grub when asked to, else says the command.
[[nodiscard]] Status finish_boot_change(cli::Invocation& invocation, const Options& options);

}  // namespace tally::tool
