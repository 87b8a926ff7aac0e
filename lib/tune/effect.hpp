// Whether idle settings do what they read back. A value that reads back proves nothing there: the
// governor haltpoll keeps a state's `disable` and enters the state all the same. So the usage
// counters of the states that should not be entered any more are read twice.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tune/host.hpp"
#include "tune/journal.hpp"

namespace tally::tune {

enum class Effect {
  proved,     // the processor was idle, and not in the forbidden states
  disproved,  // it entered a forbidden state again
  unproved,   // nothing moved: the processor was busy, or counters do not move here
};

struct EffectReport {
  std::string id;
  int cpu = 0;
  Effect effect = Effect::unproved;
};

// Looks at the idle settings among `steps`, over `window_ms`. One row a setting and processor.
// On a host that is not live nothing is waited for and all is unproved.
[[nodiscard]] std::vector<EffectReport> check_effects(Host& host, const std::vector<Step>& steps,
                                                      unsigned window_ms = 200);

}  // namespace tally::tune
