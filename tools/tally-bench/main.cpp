#include "cli/app.hpp"
#include "commands.hpp"

int main(int argc, char** argv) {
  tally::cli::App app("tally-bench", "measure queues, rings, crypto and signing on noisy machines");
  tally::bench_tool::add_run(app);
  tally::bench_tool::add_list(app);
  tally::bench_tool::add_peers(app);
  tally::bench_tool::add_pipeline(app);
  tally::bench_tool::add_hops(app);
  tally::bench_tool::add_convert(app);
  tally::bench_tool::add_ab(app);
  tally::bench_tool::add_spin(app);
  tally::bench_tool::add_selftest(app);
  tally::bench_tool::add_jitter(app);
  tally::bench_tool::add_cores(app);
  tally::bench_tool::add_baseline(app);
  tally::bench_tool::add_history(app);
  tally::bench_tool::add_watch(app);
  tally::bench_tool::add_net(app);
  tally::bench_tool::add_heatmap(app);
  tally::bench_tool::add_percentiles(app);
  tally::bench_tool::add_doctor(app);
  return app.main(argc, argv);
}
