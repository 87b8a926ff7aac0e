// The commands of tally-bench, each in the file of its name.
#pragma once

#include "cli/app.hpp"

namespace tally::bench_tool {

void add_run(cli::App& app);
void add_list(cli::App& app);
void add_peers(cli::App& app);
void add_pipeline(cli::App& app);
void add_hops(cli::App& app);
void add_convert(cli::App& app);
void add_ab(cli::App& app);
void add_spin(cli::App& app);
void add_selftest(cli::App& app);
void add_jitter(cli::App& app);
void add_cores(cli::App& app);
void add_baseline(cli::App& app);
void add_history(cli::App& app);
void add_watch(cli::App& app);
void add_net(cli::App& app);
void add_heatmap(cli::App& app);
void add_percentiles(cli::App& app);
void add_doctor(cli::App& app);

// The status of a command that a signal ended after its partial result was printed: 128 + number.
[[nodiscard]] Code stopped_code();

}  // namespace tally::bench_tool
