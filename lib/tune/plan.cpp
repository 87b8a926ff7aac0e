#include "tune/plan.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "json/value.hpp"
#include "json/writer.hpp"
#include "tune/registry.hpp"
#include "tune/text.hpp"

namespace tally::tune {
namespace {

constexpr const char* kSchema = "tally.tune.plan/1";
constexpr std::size_t kMostChanges = 65536;

std::string configured_token(const GrubState& grub, std::string_view key) {
  for (const Parameter& parameter : grub.configured) {
    if (parameter.key == key) return parameter.token;
  }
  return {};
}

// Our parameters with the wanted ones put in by key; what is not wanted now stays.
std::vector<Parameter> merged(const GrubState& grub, const std::vector<Parameter>& wanted) {
  std::vector<Parameter> all = grub.configured;
  for (const Parameter& parameter : wanted) {
    const auto at = std::find_if(all.begin(), all.end(),
                                 [&](const Parameter& p) { return p.key == parameter.key; });
    if (at == all.end()) {
      all.push_back(parameter);
    } else {
      *at = parameter;
    }
  }
  return all;
}

Result<When> when_from(std::string_view name) {
  if (name == "live") return When::live;
  if (name == "boot") return When::boot;
  return fail(Code::bad_data, fmt::format("'{}' is neither live nor boot", printable(name)));
}

Result<ValueKind> kind_from(std::string_view name) {
  if (name == "text") return ValueKind::text;
  if (name == "count") return ValueKind::count;
  return fail(Code::bad_data, fmt::format("'{}' is neither text nor count", printable(name)));
}

Result<Change> change_from(const json::Value& value) {
  Change change;
  TALLY_TRY(change.id, value.string_at("id"));
  TALLY_TRY(change.instance, value.string_at("instance"));
  TALLY_TRY(const std::string when, value.string_at("when"));
  TALLY_TRY(change.when, when_from(when));
  TALLY_TRY(const std::string kind, value.string_at("kind"));
  TALLY_TRY(change.kind, kind_from(kind));
  TALLY_TRY(change.path, value.string_at("path"));
  TALLY_TRY(change.old_value, value.string_at("old"));
  TALLY_TRY(change.new_value, value.string_at("new"));
  TALLY_TRY(change.why, value.string_at("why"));
  if (change.when == When::boot) TALLY_CHECK(check_own_parameter(change.new_value));
  if (!is_plain_text(change.new_value) || change.new_value.empty()) {
    return fail(Code::bad_data,
                fmt::format("{}: '{}' is no value", change.id, printable(change.new_value)));
  }
  return change;
}

Result<FileChange> file_from(const json::Value& value) {
  FileChange file;
  TALLY_TRY(file.path, value.string_at("path"));
  const json::Value* old_content = value.find("old");
  if (old_content == nullptr || !old_content->is_null()) {
    TALLY_TRY(file.old_content, value.string_at("old"));
  }
  TALLY_TRY(file.new_content, value.string_at("new"));
  // The file is sourced by a shell as root: only what we would write ourselves may stand in it.
  const auto parameters = parse_drop_in(file.new_content);
  for (const Parameter& parameter : parameters) TALLY_CHECK(check_own_parameter(parameter.token));
  if (file.path != kGrubDropIn || render_drop_in(parameters) != file.new_content) {
    return fail(Code::configuration, "the boot file of the plan is not one that tally-tune writes",
                "make the plan with: tally-tune plan --out FILE");
  }
  return file;
}

// A change as the survey has it, or null.
const Item* find_item(const Survey& survey, const Change& change) {
  for (const Item& item : survey.items) {
    if (item.id == change.id && item.instance() == change.instance && item.path == change.path &&
        item.when == change.when) {
      return &item;
    }
  }
  return nullptr;
}

// Whether the tool itself could want `value` of the item. Counts are free, texts are not.
bool is_sane(const Item& item, const Change& change) {
  if (item.when == When::boot) return true;  // checked when the plan was read
  if (item.kind != change.kind) return false;
  if (item.kind == ValueKind::count) {
    const auto count = parse_integer(change.new_value);
    return count && *count >= 0;
  }
  constexpr std::string_view kTexts[] = {"performance", "n/a", "0", "1", "50"};
  return std::find(std::begin(kTexts), std::end(kTexts), change.new_value) != std::end(kTexts);
}

}  // namespace

Plan make_plan(const Survey& survey, const Profile& profile) {
  Plan plan;
  plan.profile = std::string(profile.name);
  plan.machine_id = survey.machine_id;
  plan.kernel_release = survey.kernel_release;
  plan.hot_cpus = core::format_cpu_list(survey.isolation.hot);
  std::vector<Parameter> parameters;
  for (const Item& item : survey.items) {
    if (!item.wanted || item.when == When::report || item.verdict == Verdict::refused) continue;
    Change change{item.id,   item.instance(), item.when,    item.kind,
                  item.path, item.found_raw,  *item.wanted, item.reason};
    if (item.when == When::boot) {
      const Parameter parameter = parse_cmdline(*item.wanted).front();
      parameters.push_back(parameter);
      if (item.boot && item.boot->configured) continue;
      change.old_value = configured_token(survey.grub, parameter.key);
    } else if (item.found == *item.wanted) {
      continue;
    }
    plan.changes.push_back(std::move(change));
  }
  const bool boot_changes = std::any_of(plan.changes.begin(), plan.changes.end(),
                                        [](const Change& c) { return c.when == When::boot; });
  if (boot_changes) {
    plan.boot_file = FileChange{kGrubDropIn, survey.grub.drop_in,
                                render_drop_in(merged(survey.grub, parameters))};
  }
  return plan;
}

std::string to_json(const Plan& plan) {
  json::Writer out;
  out.begin_object().field("schema", kSchema).field("profile", plan.profile);
  out.field("machine_id", plan.machine_id).field("kernel_release", plan.kernel_release);
  out.field("hot_cpus", plan.hot_cpus).key("changes").begin_array();
  for (const Change& change : plan.changes) {
    out.begin_object().field("id", change.id).field("instance", change.instance);
    out.field("when", name_of(change.when));
    out.field("kind", change.kind == ValueKind::count ? "count" : "text");
    out.field("path", change.path).field("old", change.old_value).field("new", change.new_value);
    out.field("why", change.why);
    if (const auto info = find_setting(change.id)) out.field("risk", (*info)->risk);
    out.end_object();
  }
  out.end_array().key("boot_file");
  if (plan.boot_file) {
    out.begin_object().field("path", plan.boot_file->path).key("old");
    if (plan.boot_file->old_content) {
      out.value(*plan.boot_file->old_content);
    } else {
      out.null();
    }
    out.field("new", plan.boot_file->new_content).end_object();
  } else {
    out.null();
  }
  out.end_object();
  return out.take();
}

Result<Plan> parse_plan(std::string_view text) {
  TALLY_TRY(const json::Value value, json::parse(text));
  TALLY_TRY(const std::string schema, value.string_at("schema"));
  if (schema != kSchema) {
    return fail(Code::bad_data, fmt::format("schema '{}' is not {}", printable(schema), kSchema));
  }
  Plan plan;
  TALLY_TRY(plan.profile, value.string_at("profile"));
  TALLY_TRY(plan.machine_id, value.string_at("machine_id"));
  TALLY_TRY(plan.kernel_release, value.string_at("kernel_release"));
  TALLY_TRY(plan.hot_cpus, value.string_at("hot_cpus"));
  TALLY_TRY(const json::Value::Array* changes, value.array_at("changes"));
  if (changes->size() > kMostChanges) return fail(Code::bad_data, "has too many changes");
  bool boot_changes = false;
  for (const json::Value& entry : *changes) {
    TALLY_TRY(Change change, change_from(entry));
    boot_changes = boot_changes || change.when == When::boot;
    plan.changes.push_back(std::move(change));
  }
  const json::Value* file = value.find("boot_file");
  if (file != nullptr && !file->is_null()) {
    TALLY_TRY(plan.boot_file, file_from(*file));
  }
  if (boot_changes != plan.boot_file.has_value()) {
    return fail(Code::bad_data, "has boot parameters without their file, or a file without them");
  }
  return plan;
}

Status check_plan(const Plan& plan, const Survey& survey) {
  if (plan.machine_id != survey.machine_id) {
    return fail(Code::configuration, "the plan was made on another machine",
                "make one here: tally-tune plan --out FILE");
  }
  std::vector<std::string> drifted;
  for (const Change& change : plan.changes) {
    const std::string name = change.id + " " + change.instance;
    const Item* item = find_item(survey, change);
    if (item == nullptr || !is_sane(*item, change)) {
      return fail(Code::configuration,
                  fmt::format("{} with the value {} is not something that tally-tune sets here",
                              name, printable(change.new_value)),
                  "make the plan with: tally-tune plan --out FILE");
    }
    if (change.when == When::live && item->found_raw != change.old_value) {
      drifted.push_back(fmt::format("{} was {} and is {}", name,
                                    printable(normalised(change.old_value)), item->found));
    }
  }
  if (plan.boot_file && plan.boot_file->old_content != survey.grub.drop_in) {
    drifted.push_back(std::string(kGrubDropIn) + " has changed");
  }
  if (drifted.empty()) return {};
  constexpr std::size_t kShown = 3;
  std::string what = fmt::format(
      "{}",
      fmt::join(drifted.begin(),
                drifted.begin() + static_cast<std::ptrdiff_t>(std::min(kShown, drifted.size())),
                "; "));
  if (drifted.size() > kShown) what += fmt::format("; and {} more", drifted.size() - kShown);
  return fail(Code::try_again, "the host has changed since the plan was made: " + what,
              "make a new plan: tally-tune plan --out FILE");
}

}  // namespace tally::tune
