#include "cli/doctor.hpp"

#include <array>
#include <utility>

#include "cli/registry.hpp"
#include "json/writer.hpp"

namespace tally::cli {
namespace {

struct StateWords {
  const char* name;
  const char* color;
};
// In the order of Finding::State.
constexpr std::array<StateWords, 3> kStates{{{"good", "32"}, {"missing", "1;31"}, {"note", "33"}}};

const StateWords& words_of(Finding::State state) {
  return kStates[static_cast<std::size_t>(state)];
}

void print_json(Output& out, const std::string& tool, const Finding& finding) {
  json::Writer writer;
  writer.begin_object().field("schema", "tally.doctor/1").field("tool", tool);
  writer.field("name", finding.name).field("state", words_of(finding.state).name);
  writer.field("found", finding.found).field("cost", finding.cost);
  writer.field("remedy", finding.remedy).end_object();
  out.line(writer.text());
}

void print_text(Output& out, const Finding& finding) {
  const auto& [name, color] = words_of(finding.state);
  std::string state = fmt::format("{:<7}", name);
  if (out.stdout_color()) state = fmt::format("\x1b[{}m{}\x1b[0m", color, state);
  out.print("{}  {}: {}\n", state, finding.name, finding.found);
  if (!finding.cost.empty()) out.print("         cost: {}\n", finding.cost);
  if (!finding.remedy.empty()) out.print("         remedy: {}\n", finding.remedy);
}

}  // namespace

void add_doctor(App& app, std::function<std::vector<Finding>()> examine) {
  const std::string tool = app.root().parts().name;
  auto& doctor = app.root().command("doctor", "say what this host lacks, the cost and the remedy");
  doctor.on_run([tool, examine = std::move(examine)](Invocation& run) -> Result<Code> {
    Code answer = Code::ok;
    for (const auto& finding : examine()) {
      if (finding.state == Finding::State::missing) answer = Code::negative;
      run.json ? print_json(run.out, tool, finding) : print_text(run.out, finding);
    }
    return answer;
  });
}

}  // namespace tally::cli
