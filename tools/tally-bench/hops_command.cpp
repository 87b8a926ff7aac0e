// tally-bench hops: one table from the statistics files of a chain.
#include <memory>

#include "commands.hpp"
#include "hops.hpp"

namespace tally::bench_tool {

void add_hops(cli::App& app) {
  auto paths = std::make_shared<std::vector<std::string>>();
  const cli::Completion file{cli::Completion::Kind::file, {}, {}};
  app.root()
      .command("hops", "print the hops of a chain as one table, from its statistics files")
      .arguments("FILE", *paths,
                 "files of --stats-out, and of tally-bench pipeline --out, in the chain's order",
                 true, file)
      .example("tally-bench hops relay-in.json coordinator.json relay-out.json pipeline.json")
      .on_run([paths](cli::Invocation& run) -> Result<Code> {
        std::vector<plot::PercentileRow> rows;
        for (const std::string& path : *paths) {
          TALLY_TRY(auto found, read_hops(path));
          rows.insert(rows.end(), found.begin(), found.end());
        }
        if (!run.json) {
          run.out.write(plot::percentile_table(rows));
          return Code::ok;
        }
        for (const plot::PercentileRow& row : rows) run.out.line(hop_json(row));
        return Code::ok;
      });
}

}  // namespace tally::bench_tool
