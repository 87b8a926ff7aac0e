#include "tune/apply.hpp"

#include <csignal>
#include <fmt/format.h>
#include <unistd.h>

#include "commands.hpp"
#include "core/file.hpp"
#include "core/stop.hpp"
#include "json/writer.hpp"
#include "plan_output.hpp"
#include "tune/store.hpp"
#include "tune/text.hpp"

namespace tally::tool {
namespace {

constexpr std::size_t kMostPlanBytes = std::size_t{16} << 20U;

void print_step(cli::Invocation& invocation, const std::string& transaction,
                const tune::ApplyStep& step) {
  if (invocation.json) {
    json::Writer line;
    line.begin_object().field("schema", "tally.tune.apply/1").field("transaction", transaction);
    line.field("id", step.id).field("instance", step.instance).field("path", step.path);
    line.field("old", step.old_value).field("asked", step.asked).field("after", step.after);
    line.field("outcome", tune::name_of(step.outcome)).key("error");
    if (step.error) {
      line.value(step.error->message);
    } else {
      line.null();
    }
    invocation.out.line(line.end_object().take());
    return;
  }
  // The drop-in is a whole file; its lines are in the plan.
  const bool file = step.id == "boot.drop_in";
  invocation.out.print(
      "{:<8} {} {}: {}\n", tune::name_of(step.outcome), step.id, step.instance,
      file ? step.path
           : fmt::format("{} -> {}", step.old_value.empty() ? "-" : step.old_value, step.after));
}

void warn_of_effects(cli::Output& out, const std::vector<tune::EffectReport>& effects) {
  std::size_t unproved = 0;
  for (const tune::EffectReport& effect : effects) {
    if (effect.effect == tune::Effect::disproved) {
      out.warning(fmt::format("{} reads back on processor {}, and the processor still enters the "
                              "idle states it forbids",
                              effect.id, effect.cpu),
                  "tally-tune hold -- COMMAND works whatever the idle governor");
    }
    if (effect.effect == tune::Effect::unproved) ++unproved;
  }
  if (unproved != 0) {
    out.detail(
        fmt::format("{} idle settings read back; whether they work could not be seen", unproved));
  }
}

void warn_of_undo(cli::Output& out, const tune::ApplyReport& report) {
  for (const tune::UndoStep& step : report.undone) {
    if (step.outcome == tune::UndoOutcome::left || step.outcome == tune::UndoOutcome::failed) {
      out.warning(fmt::format("{} {} is not put back: {}", step.id, step.instance, step.note),
                  "tally-tune rollback tries again");
    }
  }
}

// After a stop everything is undone, and the process ends by the signal as if it had no handler.
[[noreturn]] void end_by_signal() {
  const int number = core::StopSignal::number();
  ::signal(number, SIG_DFL);
  ::raise(number);
  ::_exit(128 + number);
}

Result<Code> finish(cli::Invocation& invocation, const Options& options,
                    const tune::ApplyReport& report) {
  cli::Output& out = invocation.out;
  for (const tune::ApplyStep& step : report.steps) print_step(invocation, report.transaction, step);
  warn_of_effects(out, report.effects);
  warn_of_undo(out, report);
  if (report.end == tune::ApplyEnd::stopped) {
    out.warning(report.transaction + " was stopped, and is undone");
    static_cast<void>(out.flush());
    end_by_signal();
  }
  if (report.end == tune::ApplyEnd::rolled_back) {
    const tune::ApplyStep& last = report.steps.back();
    return fail(
        last.error->code,
        fmt::format("{} {}: {}; nothing is changed", last.id, last.instance, last.error->message),
        "--keep-going applies the rest");
  }
  for (const tune::ApplyStep& step : report.steps) {
    if (step.outcome == tune::Outcome::fewer) {
      out.warning(
          fmt::format("{} {}: asked {}, got {}", step.id, step.instance, step.asked, step.after),
          "memory is in pieces: ask early after the boot, or at boot");
    } else if (step.error) {
      out.warning(fmt::format("{} {}: {}", step.id, step.instance, step.error->message));
    }
  }
  out.note(fmt::format("undo: tally-tune rollback {}", report.transaction));
  if (report.boot_changed) TALLY_CHECK(finish_boot_change(invocation, options));
  return report.end == tune::ApplyEnd::partial ? Code::negative : Code::ok;
}

Result<tune::Plan> plan_from_file(const std::string& path) {
  const std::string name = path == "-" ? "/dev/stdin" : path;
  TALLY_TRY(const std::string text, core::read_file(name, kMostPlanBytes));
  auto plan = tune::parse_plan(text);
  if (!plan) return fail(plan.error().in(path));
  return plan;
}

// A saved plan is checked against the host as it is under the lock, with its own wishes.
Status check_saved(const tune::Host& host, const tune::Plan& plan) {
  Options as_planned;
  as_planned.profile = plan.profile;
  as_planned.cpus = plan.hot_cpus;
  if (auto profile = tune::find_profile(plan.profile); !profile) {
    return fail(Code::configuration, profile.error().message, profile.error().hint);
  }
  auto view = look(host, as_planned);
  if (!view) return fail(Code::configuration, view.error().message, "make a new plan");
  return tune::check_plan(plan, view->survey);
}

Result<Code> run_apply(cli::Invocation& invocation, const Options& options) {
  if (options.dry_run) {
    TALLY_TRY(const tune::Plan plan, options.plan_file.empty() ? plan_for(invocation, options)
                                                               : plan_from_file(options.plan_file));
    print_plan(invocation, plan);
    return Code::ok;
  }
  TALLY_TRY(const tune::Tree tree, tune::Tree::open(options.root));
  TALLY_CHECK(check_update_grub(tree, options));
  tune::TreeHost host(tree);
  std::optional<tune::Plan> saved;
  if (!options.plan_file.empty()) {
    TALLY_TRY(saved, plan_from_file(options.plan_file));
  }
  TALLY_TRY(tune::Store store, tune::Store::for_writing(tree));
  const std::string boot_id = tune::read_boot_id(host);
  TALLY_CHECK(recover_first(invocation, host, store, boot_id));
  if (saved) TALLY_CHECK(check_saved(host, *saved));
  tune::Plan plan;
  if (saved) {
    plan = std::move(*saved);
  } else {
    TALLY_TRY(plan, plan_for(invocation, options));
  }
  if (plan.changes.empty()) {
    invocation.out.note("nothing to change");
    return Code::ok;
  }
  if (!options.yes) {
    cli::Invocation shown = invocation;
    shown.json = false;
    print_plan(shown, plan);
    TALLY_CHECK(invocation.out.flush());
    TALLY_TRY(const bool agreed,
              confirm(invocation, fmt::format("apply {} changes?", plan.changes.size())));
    if (!agreed) {
      invocation.out.note("nothing is changed");
      return Code::negative;
    }
  }
  TALLY_TRY(const core::StopSignal stop, core::StopSignal::install());
  tune::ApplyOptions apply_options;
  apply_options.keep_going = options.keep_going;
  apply_options.stop_requested = [] { return core::StopSignal::requested(); };
  TALLY_TRY(const tune::ApplyReport report, tune::apply(host, store, plan, boot_id, apply_options));
  return finish(invocation, options, report);
}

}  // namespace

void add_apply(cli::App& app, Options& options) {
  cli::Command& command = app.root().command("apply", "change the host, journalled and undoable");
  add_root(command, options);
  add_wishes(command, options);
  command.argument("FILE", options.plan_file, "a plan saved by plan --out; without it, a new one",
                   false, {cli::Completion::Kind::file, {}, {}});
  command.flag("--yes", options.yes, "do not ask");
  command.flag("--dry-run", options.dry_run, "show the plan and change nothing, as plan does");
  command.flag("--keep-going", options.keep_going,
               "when a setting is refused, apply the rest and exit 1");
  command.flag("--run-update-grub", options.run_update_grub,
               "run update-grub after a change of boot parameters");
  command.example("tally-tune apply --yes night.json");
  command.on_run(
      [&options](cli::Invocation& invocation) { return run_apply(invocation, options); });
}

}  // namespace tally::tool
