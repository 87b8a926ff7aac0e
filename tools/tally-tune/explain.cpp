#include <fmt/format.h>

#include "commands.hpp"
#include "json/writer.hpp"
#include "tune/registry.hpp"

namespace tally::tool {
namespace {

void print_one(cli::Invocation& invocation, const tune::SettingInfo& info) {
  if (invocation.json) {
    json::Writer line;
    line.begin_object().field("schema", "tally.tune.setting/1").field("id", info.id);
    line.field("title", info.title).field("when", tune::name_of(info.when));
    line.field("why", info.why).field("risk", info.risk).field("undo", info.undo);
    line.field("evidence", info.evidence).field("kernels", info.kernels).end_object();
    invocation.out.line(line.take());
    return;
  }
  invocation.out.print("{}: {} ({})\n", info.id, info.title, tune::name_of(info.when));
  const std::pair<const char*, std::string_view> parts[] = {{"why", info.why},
                                                            {"risk", info.risk},
                                                            {"undo", info.undo},
                                                            {"evidence", info.evidence},
                                                            {"kernels", info.kernels}};
  for (const auto& [name, text] : parts) invocation.out.print("  {:<9} {}\n", name, text);
}

}  // namespace

void add_explain(cli::App& app, Options& options) {
  cli::Command& command = app.root().command("explain", "why a setting, its risk and its undo");
  command.argument("ID", options.setting, "a setting; without it, all are listed", false,
                   {cli::Completion::Kind::dynamic, {}, "settings"});
  command.example("tally-tune explain idle.pm_qos");
  app.on_complete("settings", [] {
    std::vector<std::string> ids;
    for (const tune::SettingInfo& info : tune::settings()) ids.emplace_back(info.id);
    return ids;
  });
  command.on_run([&options](cli::Invocation& invocation) -> Result<Code> {
    if (!options.setting.empty()) {
      TALLY_TRY(const tune::SettingInfo* info, tune::find_setting(options.setting));
      print_one(invocation, *info);
      return Code::ok;
    }
    for (const tune::SettingInfo& info : tune::settings()) {
      if (invocation.json) {
        print_one(invocation, info);
      } else {
        invocation.out.print("{:<22} {:<7} {}\n", info.id, tune::name_of(info.when), info.title);
      }
    }
    return Code::ok;
  });
}

}  // namespace tally::tool
