#include <algorithm>
#include <fmt/format.h>

#include "commands.hpp"
#include "json/writer.hpp"
#include "tune/store.hpp"
#include "tune/text.hpp"

namespace tally::tool {
namespace {

constexpr const char* kSchema = "tally.tune.status/1";

void print_json(cli::Output& out, const tune::Item& item) {
  json::Writer line;
  line.begin_object().field("schema", kSchema).field("id", item.id);
  line.field("instance", item.instance()).field("path", item.path);
  line.field("when", tune::name_of(item.when)).field("found", item.found).key("wanted");
  if (item.wanted) {
    line.value(*item.wanted);
  } else {
    line.null();
  }
  line.field("verdict", tune::name_of(item.verdict)).field("reason", item.reason);
  line.field("errno", item.os_errno);
  if (item.boot) {
    line.key("boot").begin_object().field("configured", item.boot->configured);
    line.field("generated", item.boot->generated).field("booted", item.boot->booted).end_object();
  }
  out.line(line.end_object().take());
}

std::string shown_value(const tune::Item& item) {
  std::string value = item.found.empty() ? "-" : item.found;
  if (item.wanted && *item.wanted != item.found) value += " -> " + *item.wanted;
  if (item.boot) {
    value += fmt::format(" (configured {}, generated {}, booted {})",
                         item.boot->configured ? "yes" : "no", item.boot->generated ? "yes" : "no",
                         item.boot->booted ? "yes" : "no");
  }
  return value;
}

std::string shown_verdict(const tune::Item& item) {
  if (item.verdict == tune::Verdict::not_applicable) return "n/a";
  if (item.verdict == tune::Verdict::refused && item.os_errno != 0) {
    return fmt::format("refused ({})", item.os_errno);
  }
  return tune::name_of(item.verdict);
}

void print_table(cli::Output& out, const std::vector<tune::Item>& items) {
  for (const Group& group : grouped(items)) {
    const tune::Item& item = *group.first;
    out.print("{:<12} {:<22} {:<20} {}\n", shown_verdict(item), item.id, group.where(),
              shown_value(item));
    if (!item.reason.empty()) out.print("{:<12} {}\n", "", item.reason);
  }
}

void print_journal(cli::Output& out, const tune::Listing& listing) {
  for (const tune::Transaction& transaction : listing.transactions) {
    if (transaction.active()) {
      out.print("in force: {}, {} change{}; undo: tally-tune rollback {}\n", transaction.name,
                transaction.steps.size(), transaction.steps.size() == 1 ? "" : "s",
                transaction.name);
    }
  }
}

void warn_of_journal(cli::Output& out, const tune::Listing& listing) {
  for (const Error& broken : listing.broken) out.warning(broken.message);
  for (const tune::Transaction& transaction : listing.transactions) {
    if (transaction.open()) {
      out.warning(transaction.name + " was cut short, or is being applied just now",
                  "the next apply or rollback mends it");
    }
  }
}

}  // namespace

Result<Code> run_status(cli::Invocation& invocation, const Options& options) {
  TALLY_TRY(const tune::Tree tree, tune::Tree::open(options.root));
  const tune::TreeHost host(tree);
  TALLY_TRY(View view, look(host, options));
  TALLY_TRY(const tune::Listing listing, tune::Store::for_reading(tree).list());
  tune::judge_drift(view.survey, listing.transactions);
  for (const std::string& warning : view.survey.warnings) invocation.out.warning(warning);
  warn_of_journal(invocation.out, listing);
  if (invocation.json) {
    for (const tune::Item& item : view.survey.items) print_json(invocation.out, item);
  } else {
    print_table(invocation.out, view.survey.items);
    print_journal(invocation.out, listing);
  }
  const auto& items = view.survey.items;
  const bool drifted = std::any_of(items.begin(), items.end(), [](const tune::Item& item) {
    return item.verdict == tune::Verdict::drift;
  });
  return options.check && drifted ? Code::negative : Code::ok;
}

void add_status(cli::App& app, Options& options) {
  cli::Command& command = app.root().command("status", "what is set, what is wanted, and why");
  for (cli::Command* each : {&app.root(), &command}) {
    add_root(*each, options);
    add_wishes(*each, options);
    each->flag("--check", options.check, "exit 1 when something that was applied has drifted");
    each->on_run(
        [&options](cli::Invocation& invocation) { return run_status(invocation, options); });
  }
  command.example("tally-tune status --check");
}

}  // namespace tally::tool
