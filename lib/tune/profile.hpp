// What a user wants of a host, as intent: the lists of processors come from its topology.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tally::tune {

struct Profile {
  std::string_view name;
  std::string_view summary;
  bool isolate = false;
  bool governor = false;
  bool idle = false;
  bool timers = false;
  bool busy_poll = false;
  std::int64_t huge_2m_per_node = 0;
};

[[nodiscard]] std::span<const Profile> profiles();
// Errors: usage, with the nearest name.
[[nodiscard]] Result<const Profile*> find_profile(std::string_view name);

// What the command line adds to a profile.
struct Wishes {
  std::optional<std::vector<int>> hot_cpus;
  std::optional<std::int64_t> huge_2m_per_node;
  std::int64_t huge_1g_per_node = 0;
};

}  // namespace tally::tune
