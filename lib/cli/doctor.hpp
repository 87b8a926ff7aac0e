// The `doctor` command that every tool has: what this host lacks for the tool, what the lack costs
// and the exact command that mends it. Exit 1 when something that matters is missing.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/app.hpp"

namespace tally::cli {

struct Finding {
  enum class State { good, missing, note };
  std::string name;  // "huge pages", a stable word for scripts
  State state = State::good;
  std::string found;   // what was read, with its unit
  std::string cost;    // what the lack costs, empty when good
  std::string remedy;  // a command to type, empty when there is none
};

// Adds `doctor` below `root`. `examine` looks at the host and changes nothing. Text: a line a
// finding; --json: a JSON object a finding, with schema "tally.doctor/1", tool, name, state, found,
// cost and remedy.
void add_doctor(App& app, std::function<std::vector<Finding>()> examine);

}  // namespace tally::cli
