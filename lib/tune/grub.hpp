// Kernel parameters by GRUB's own means: one drop-in of ours under /etc/default/grub.d, which
// grub-mkconfig reads after /etc/default/grub. It appends to GRUB_CMDLINE_LINUX_DEFAULT, so that
// what the distribution and others set stays, and leaves GRUB_CMDLINE_LINUX alone, because that
// also reaches the recovery entry, which must boot when our parameters do not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "tune/cmdline.hpp"
#include "tune/host.hpp"

namespace tally::tune {

inline constexpr const char* kGrubDropIn = "/etc/default/grub.d/90-tallyio.cfg";

// The drop-in that appends these parameters, and the parameters that such a file appends. A file
// that was edited by hand is read as far as it can be.
[[nodiscard]] std::string render_drop_in(const std::vector<Parameter>& parameters);
[[nodiscard]] std::vector<Parameter> parse_drop_in(std::string_view content);

// What one line of a grub defaults file assigns: GRUB_CMDLINE_LINUX or .._DEFAULT.
struct Assignment {
  std::string variable;
  std::string value;  // without its quotes; variables in it are not expanded
};
[[nodiscard]] std::vector<Assignment> parse_assignments(std::string_view file);

// A parameter that a file other than ours sets.
struct ForeignParameter {
  std::string file;
  Parameter parameter;
};

// GRUB as it stands on a host.
struct GrubState {
  bool present = false;                            // /etc/default/grub or a generated menu is there
  std::optional<std::string> drop_in;              // content of ours
  std::vector<Parameter> configured;               // what ours sets
  std::vector<ForeignParameter> others;            // what the other files set
  std::optional<std::string> menu_path;            // the generated grub.cfg
  std::vector<std::vector<Parameter>> menu_lines;  // its normal entries
  bool recovery_touched = false;                   // a recovery entry carries a parameter of ours
  std::vector<Parameter> booted;                   // /proc/cmdline
};
// Errors: permission and io only; what is absent is empty.
[[nodiscard]] Result<GrubState> read_grub(const Host& host);

// Whether `token` stands among the parameters.
[[nodiscard]] bool holds(const std::vector<Parameter>& parameters, std::string_view token);

}  // namespace tally::tune
