// The commands of tally-relay, one file each.
#pragma once

#include "cli/app.hpp"

namespace tally::relay {

// tally-relay FROM TO
void add_relay(cli::App& app);
// tally-relay ring ls|stat|watch|verify|rm
void add_ring(cli::App& app);
// tally-relay doctor
void add_doctor(cli::App& app);

}  // namespace tally::relay
