#include "tune/profile.hpp"

#include <array>
#include <fmt/format.h>
#include <string>

#include "core/suggest.hpp"

namespace tally::tune {
namespace {

constexpr std::array kProfiles = {
    Profile{.name = "low-latency",
            .summary = "spare cores isolated, clock up, no deep idle, huge pages for rings",
            .isolate = true,
            .governor = true,
            .idle = true,
            .timers = true,
            .busy_poll = true,
            .huge_2m_per_node = 64},
    Profile{.name = "memory", .summary = "huge pages for rings only", .huge_2m_per_node = 64},
    Profile{.name = "observe", .summary = "nothing is wanted: look only"},
};

}  // namespace

std::span<const Profile> profiles() {
  return kProfiles;
}

Result<const Profile*> find_profile(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Profile& profile : kProfiles) {
    if (profile.name == name) return &profile;
    names.push_back(profile.name);
  }
  return fail(
      Code::usage, fmt::format("no profile is called '{}'", name),
      core::did_you_mean(name, names, fmt::format("there are: {}", fmt::join(names, ", "))));
}

}  // namespace tally::tune
