// A host, looked at: every setting with what was found, what a profile wants, and a verdict with
// its reason. Reads only. One thread; allocates.
#pragma once

#include <string>
#include <vector>

#include "core/cpu.hpp"
#include "core/result.hpp"
#include "tune/grub.hpp"
#include "tune/host.hpp"
#include "tune/journal.hpp"
#include "tune/profile.hpp"
#include "tune/setting.hpp"
#include "tune/topology.hpp"

namespace tally::tune {

struct Survey {
  std::string boot_id;         // empty when the host does not tell
  std::string machine_id;      // from /etc/machine-id; empty when absent
  std::string kernel_release;  // "6.1.0-26-amd64"
  std::vector<core::LogicalCpu> cpus;
  Isolation isolation;
  GrubState grub;
  std::string grub_error;   // why GRUB's files could not be read; empty when they could
  std::vector<Item> items;  // in the order of settings()
  std::vector<std::string> warnings;
};

// Errors: usage for wishes that the topology cannot meet. What cannot be read is a verdict, not an
// error.
[[nodiscard]] Result<Survey> survey(const Host& host, const Profile& profile, const Wishes& wishes);

// Turns the verdict of what was applied and no longer is as applied into drift.
void judge_drift(Survey& survey, const std::vector<Transaction>& transactions);

// The kernel's id of this boot; empty when the host does not tell (an offline image).
[[nodiscard]] std::string read_boot_id(const Host& host);

}  // namespace tally::tune
