// A plan made and shown, for plan and for apply.
#pragma once

#include "commands.hpp"
#include "tune/plan.hpp"

namespace tally::tool {

// Surveys the host and plans; warns and notes what the user should know first.
[[nodiscard]] Result<tune::Plan> plan_for(cli::Invocation& invocation, const Options& options);

// The changes, old and new, why and at what risk; with --json the plan itself.
void print_plan(cli::Invocation& invocation, const tune::Plan& plan);

}  // namespace tally::tool
