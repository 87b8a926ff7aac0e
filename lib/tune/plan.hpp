// What would be changed on a host, each with its old value, so that it can be read, kept, carried
// to a colleague and applied later, if the host is then still as it was. Written and read as one
// JSON object, schema tally.tune.plan/1. A plan cannot name anything that the tool does not set by
// itself: apply surveys the host again and takes paths only from there.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "tune/survey.hpp"

namespace tally::tune {

struct Change {
  std::string id;
  std::string instance;
  When when = When::live;
  ValueKind kind = ValueKind::text;
  std::string path;
  std::string old_value;  // live: bytes as read; boot: the token of this key in our drop-in, or ""
  std::string new_value;  // normalised
  std::string why;
  bool operator==(const Change&) const = default;
};

// Our drop-in as a whole.
struct FileChange {
  std::string path;
  std::optional<std::string> old_content;
  std::string new_content;
  bool operator==(const FileChange&) const = default;
};

struct Plan {
  std::string profile;
  std::string machine_id;
  std::string kernel_release;
  std::string hot_cpus;  // list; empty when nothing is isolated
  std::vector<Change> changes;
  std::optional<FileChange> boot_file;
  bool operator==(const Plan&) const = default;
};

[[nodiscard]] Plan make_plan(const Survey& survey, const Profile& profile);

[[nodiscard]] std::string to_json(const Plan& plan);
// Errors: bad_data for what is no plan; configuration for a parameter or drop-in that is not ours.
[[nodiscard]] Result<Plan> parse_plan(std::string_view text);

// Whether a plan made earlier still fits the host as `survey` saw it now. Errors: configuration for
// another machine's plan, or a path that this tool does not set; try_again when a value has drifted
// since, naming each.
[[nodiscard]] Status check_plan(const Plan& plan, const Survey& survey);

}  // namespace tally::tune
