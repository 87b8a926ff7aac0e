// The parts of a survey, one function a domain, and what they share. Private to lib/tune.
#pragma once

#include <string>
#include <vector>

#include "tune/survey.hpp"

namespace tally::tune {

struct Probe {
  const Host& host;
  const Profile& profile;
  const Wishes& wishes;
  Survey& out;
};

void probe_frequency(Probe& probe);
void probe_idle(Probe& probe);
void probe_scheduler(Probe& probe);
void probe_network(Probe& probe);
void probe_memory(Probe& probe);
void probe_boot(Probe& probe);
void probe_security(Probe& probe);

// A row of the host as a whole.
[[nodiscard]] Item host_item(std::string_view id, std::string path);
// A row that says why the setting does not exist here.
void add_absent(Probe& probe, std::string_view id, std::string reason);

// Reads item.path into found and found_raw. False when there is no value to go on with; verdict,
// reason and os_errno say why, and `absent` is the reason for a file that is not there.
[[nodiscard]] bool read_into(const Probe& probe, Item& item, const std::string& absent);
// Sets what is wanted, and the verdict ok or advice by comparison with what was found.
void want(Item& item, std::string value, const std::string& why);

// "processor 1" and "processors 2-7".
[[nodiscard]] std::string processors(const std::vector<int>& cpus);

}  // namespace tally::tune
