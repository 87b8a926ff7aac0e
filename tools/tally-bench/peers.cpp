// tally-bench peers: what ours is worth beside what there is.
#include <fmt/format.h>
#include <memory>

#include "bench/peer_table.hpp"
#include "bench/result.hpp"
#include "cases.hpp"
#include "commands.hpp"
#include "measure.hpp"

namespace tally::bench_tool {

namespace {

Result<Code> compare_peers(const MeasureOptions& options, cli::Invocation& run) {
  const bench::Registry registry = all_cases(run.out);
  TALLY_TRY(auto selected, registry.select(options.pattern));
  std::erase_if(selected, [](const bench::Case* one) {
    return one->peers.empty() && !one->round_trip && !one->seed;
  });
  if (selected.empty()) {
    return fail(Code::no_input, "none of these cases has a peer",
                "tally-bench list --json shows the peers of each");
  }
  if (!has_peer_modules()) {
    run.out.note(
        "this build has only the peers that are always there; -DTALLY_BENCH_PEERS=ON builds the "
        "others");
  }
  if (!run.json) run.out.write(bench::peer_table_head());
  return measure(selected, options, run, [&](const bench::CaseResult& result) {
    if (run.json)
      run.out.line(bench::to_json(result));
    else
      run.out.write(bench::peer_table_row(result));
    return Status{};
  });
}

}  // namespace

void add_peers(cli::App& app) {
  auto options = std::make_shared<MeasureOptions>();
  cli::Command& command = app.root().command(
      "peers", "measure cases beside their best peer, their limit and the first figures");
  add_measure_options(command, *options);
  command.example("tally-bench peers queue").on_run([options](cli::Invocation& run) {
    return compare_peers(*options, run);
  });
}

}  // namespace tally::bench_tool
