// tally-bench list: the cases there are.
#include <fmt/format.h>
#include <memory>

#include "cases.hpp"
#include "commands.hpp"
#include "json/writer.hpp"
#include "measure.hpp"

namespace tally::bench_tool {

namespace {

std::string case_json(const bench::Case& definition) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.bench.case/1");
  writer.field("case", definition.name).field("summary", definition.summary);
  writer.field("unit", definition.unit).field("threads", definition.threads);
  writer.key("seed");
  if (definition.seed)
    writer.value(*definition.seed);
  else
    writer.null();
  writer.key("peers").begin_array();
  for (const bench::Peer& peer : definition.peers) writer.value(peer.name);
  writer.end_array();
  writer.end_object();
  return writer.take();
}

Result<Code> list_cases(const std::string& pattern, cli::Invocation& run) {
  const bench::Registry registry = all_cases(run.out);
  TALLY_TRY(const auto selected, registry.select(pattern));
  for (const bench::Case* definition : selected)
    run.out.line(run.json ? case_json(*definition)
                          : fmt::format("{:<28} {}", definition->name, definition->summary));
  return Code::ok;
}

}  // namespace

void add_list(cli::App& app) {
  auto pattern = std::make_shared<std::string>();
  const cli::Completion cases{cli::Completion::Kind::dynamic, {}, "cases"};
  const auto handler = [pattern](cli::Invocation& run) { return list_cases(*pattern, run); };
  app.root()
      .command("list", "list the cases")
      .argument("PATTERN", *pattern, "a case, a prefix that ends before a dot, or a glob", false,
                cases)
      .example("tally-bench list queue")
      .on_run(handler);
  // Without a command: the harmless view.
  app.root().on_run(handler);
  app.on_complete("cases", [] {
    bench::Registry registry;
    add_cases(registry);
    std::vector<std::string> names;
    for (const bench::Case& definition : registry.cases()) names.push_back(definition.name);
    return names;
  });
}

}  // namespace tally::bench_tool
