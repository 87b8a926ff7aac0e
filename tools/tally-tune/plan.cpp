#include "tune/plan.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <sys/stat.h>

#include "commands.hpp"
#include "core/file.hpp"
#include "plan_output.hpp"
#include "tune/registry.hpp"
#include "tune/text.hpp"

namespace tally::tool {
namespace {

// The rows that the plan changes, so that many processors take one line.
std::vector<tune::Item> changed_items(const tune::Plan& plan) {
  std::vector<tune::Item> items;
  for (const tune::Change& change : plan.changes) {
    tune::Item item;
    item.id = change.id;
    item.when = change.when;
    item.found = tune::normalised(change.old_value);
    item.wanted = change.new_value;
    item.reason = change.why;
    const std::size_t digits = change.instance.find_first_of("0123456789");
    if (change.instance != "host" && digits != std::string::npos) {
      const std::size_t slash = change.instance.find('/');
      item.unit_kind = change.instance.substr(0, digits);
      item.unit = std::atoi(change.instance.c_str() + digits);
      if (slash != std::string::npos) item.part = change.instance.substr(slash + 1);
    }
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

void print_plan(cli::Invocation& invocation, const tune::Plan& plan) {
  if (invocation.json) {
    invocation.out.line(tune::to_json(plan));
    return;
  }
  if (plan.changes.empty()) {
    invocation.out.line("nothing to change");
    return;
  }
  const auto items = changed_items(plan);
  for (const Group& group : grouped(items)) {
    const tune::Item& item = *group.first;
    invocation.out.print("{} {} ({}): {} -> {}\n", item.id, group.where(), tune::name_of(item.when),
                         item.found.empty() ? "-" : item.found, *item.wanted);
    invocation.out.print("  why   {}\n", item.reason);
    if (const auto info = tune::find_setting(item.id)) {
      invocation.out.print("  risk  {}\n", (*info)->risk);
    }
  }
  if (plan.boot_file) invocation.out.print("boot parameters go to {}\n", plan.boot_file->path);
}

Result<tune::Plan> plan_for(cli::Invocation& invocation, const Options& options) {
  TALLY_TRY(const tune::Tree tree, tune::Tree::open(options.root));
  const tune::TreeHost host(tree);
  TALLY_TRY(const View view, look(host, options));
  for (const std::string& warning : view.survey.warnings) invocation.out.warning(warning);
  const tune::Isolation& isolation = view.survey.isolation;
  if (view.profile->isolate && isolation.hot.empty()) invocation.out.note(isolation.reason);
  return tune::make_plan(view.survey, *view.profile);
}

namespace {

Result<Code> run_plan(cli::Invocation& invocation, const Options& options) {
  TALLY_TRY(const tune::Plan plan, plan_for(invocation, options));
  const bool to_stdout = options.out_file == "-";
  if (!options.out_file.empty() && !to_stdout) {
    const std::string text = tune::to_json(plan) + "\n";
    struct stat info {};
    const bool special = ::stat(options.out_file.c_str(), &info) == 0 && !S_ISREG(info.st_mode);
    if (special) {
      return fail(Code::cannot_create, options.out_file + " is not an ordinary file",
                  "use --out - for standard output");
    }
    TALLY_CHECK(core::replace_file(options.out_file, core::as_bytes(text), 0644));
  }
  if (to_stdout) {
    invocation.out.line(tune::to_json(plan));
  } else {
    print_plan(invocation, plan);
  }
  return options.check && !plan.changes.empty() ? Code::negative : Code::ok;
}

}  // namespace

void add_plan(cli::App& app, Options& options) {
  cli::Command& command = app.root().command("plan", "what apply would change; changes nothing");
  add_root(command, options);
  add_wishes(command, options);
  command.option("-o,--out", options.out_file, "FILE", "save the plan as JSON",
                 {cli::Completion::Kind::file, {}, {}});
  command.flag("--check", options.check, "exit 1 when there is something to change");
  command.example("tally-tune plan --out night.json");
  command.on_run([&options](cli::Invocation& invocation) { return run_plan(invocation, options); });
}

}  // namespace tally::tool
