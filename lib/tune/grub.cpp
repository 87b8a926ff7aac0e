#include "tune/grub.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>

#include "tune/text.hpp"

namespace tally::tune {
namespace {

constexpr std::string_view kVariable = "GRUB_CMDLINE_LINUX";
// Where grub-mkconfig of Debian, and of systems with grub2 in the name, puts the menu.
constexpr std::array<const char*, 2> kMenus = {"/boot/grub/grub.cfg", "/boot/grub2/grub.cfg"};
constexpr std::string_view kOurPrefix =
    "GRUB_CMDLINE_LINUX_DEFAULT=\"${GRUB_CMDLINE_LINUX_DEFAULT:+$GRUB_CMDLINE_LINUX_DEFAULT }";

template <typename Each>
void for_each_line(std::string_view text, Each each) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    each(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  }
}

std::string_view without_indent(std::string_view line) {
  const std::size_t start = line.find_first_not_of(" \t");
  return start == std::string_view::npos ? std::string_view{} : line.substr(start);
}

// A shell word, its quotes removed: enough for assignments; nothing is expanded.
std::string unquoted(std::string_view word) {
  std::string value;
  char quote = '\0';
  for (std::size_t i = 0; i < word.size(); ++i) {
    const char c = word[i];
    if (quote == '\0' && (c == ' ' || c == '\t' || c == ';' || c == '#')) break;
    if (quote == '\0' && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = '\0';
    } else if (c == '\\' && quote != '\'' && i + 1 < word.size()) {
      value += word[++i];
    } else {
      value += c;
    }
  }
  return value;
}

// nullopt for a file that is not there.
Result<std::optional<std::string>> read_optional(const Host& host, const std::string& path) {
  auto content = host.read(path);
  if (content) return std::optional<std::string>(std::move(*content));
  if (content.error().code == Code::no_input) return std::optional<std::string>();
  return fail(content.error());
}

void collect_others(const std::string& file, std::string_view content, GrubState& state) {
  for (const Assignment& assignment : parse_assignments(content)) {
    for (Parameter& parameter : parse_cmdline(assignment.value)) {
      if (parameter.key.starts_with('$')) continue;  // the variable itself, appended to
      state.others.push_back({file, std::move(parameter)});
    }
  }
}

void read_menu(std::string_view content, GrubState& state) {
  for_each_line(content, [&](std::string_view raw) {
    const auto words = split_words(without_indent(raw));
    if (words.size() < 2 || (words[0] != "linux" && words[0] != "linuxefi")) return;
    std::string line;
    for (std::size_t i = 2; i < words.size(); ++i) line += words[i] + ' ';
    auto parameters = parse_cmdline(line);
    const bool recovery = holds(parameters, "single") || holds(parameters, "recovery");
    if (!recovery) {
      state.menu_lines.push_back(std::move(parameters));
      return;
    }
    for (const Parameter& ours : state.configured) {
      state.recovery_touched = state.recovery_touched || holds(parameters, ours.token);
    }
  });
}

}  // namespace

bool holds(const std::vector<Parameter>& parameters, std::string_view token) {
  return std::any_of(parameters.begin(), parameters.end(),
                     [&](const Parameter& p) { return p.token == token; });
}

std::string render_drop_in(const std::vector<Parameter>& parameters) {
  std::string tokens;
  for (const Parameter& parameter : parameters) {
    if (!tokens.empty()) tokens += ' ';
    tokens += parameter.token;
  }
  return fmt::format(
      "# Written by tally-tune apply; undone by tally-tune rollback. Do not edit: set your own\n"
      "# parameters in another file of this folder. It appends, and leaves the recovery entry "
      "alone.\n"
      "{}{}\"\n",
      kOurPrefix, tokens);
}

std::vector<Parameter> parse_drop_in(std::string_view content) {
  std::vector<Parameter> parameters;
  for_each_line(content, [&](std::string_view line) {
    if (!line.starts_with(kOurPrefix)) return;
    const std::string_view rest = line.substr(kOurPrefix.size());
    for (Parameter& parameter : parse_cmdline(rest.substr(0, rest.find('"')))) {
      parameters.push_back(std::move(parameter));
    }
  });
  return parameters;
}

std::vector<Assignment> parse_assignments(std::string_view file) {
  std::vector<Assignment> assignments;
  for_each_line(file, [&](std::string_view raw) {
    std::string_view line = without_indent(raw);
    if (line.starts_with("export ")) line = without_indent(line.substr(7));
    if (!line.starts_with(kVariable)) return;
    std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return;
    std::string_view variable = line.substr(0, equals);
    if (variable.ends_with('+')) variable.remove_suffix(1);
    if (variable != kVariable && variable != "GRUB_CMDLINE_LINUX_DEFAULT") return;
    assignments.push_back({std::string(variable), unquoted(line.substr(equals + 1))});
  });
  return assignments;
}

Result<GrubState> read_grub(const Host& host) {
  GrubState state;
  TALLY_TRY(state.drop_in, read_optional(host, kGrubDropIn));
  if (state.drop_in) state.configured = parse_drop_in(*state.drop_in);
  TALLY_TRY(const auto defaults, read_optional(host, "/etc/default/grub"));
  if (defaults) collect_others("/etc/default/grub", *defaults, state);
  state.present = defaults.has_value();

  const std::string folder = folder_of(kGrubDropIn);
  const auto names = host.list(folder);
  for (const std::string& name : names ? *names : std::vector<std::string>{}) {
    std::string path = folder;
    path += '/';
    path += name;
    if (path == kGrubDropIn || !name.ends_with(".cfg")) continue;
    TALLY_TRY(const auto content, read_optional(host, path));
    if (content) collect_others(path, *content, state);
  }
  for (const char* path : kMenus) {
    auto menu = read_optional(host, path);
    if (!menu && menu.error().code == Code::permission) {
      // Debian writes it for root only: the other two standings can still be told.
      state.present = true;
      continue;
    }
    if (!menu) return fail(menu.error());
    if (!*menu || state.menu_path) continue;
    state.present = true;
    state.menu_path = path;
    read_menu(**menu, state);
  }
  TALLY_TRY(const auto cmdline, read_optional(host, "/proc/cmdline"));
  if (cmdline) state.booted = parse_cmdline(*cmdline);
  return state;
}

}  // namespace tally::tune
