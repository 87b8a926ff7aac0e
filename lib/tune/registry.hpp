// Every setting this tool knows, with what `explain` tells about it. Static data.
#pragma once

#include <span>
#include <string_view>

#include "core/result.hpp"
#include "tune/setting.hpp"

namespace tally::tune {

// In the order in which status lists them.
[[nodiscard]] std::span<const SettingInfo> settings();

// Errors: usage, with the nearest id as a hint.
[[nodiscard]] Result<const SettingInfo*> find_setting(std::string_view id);

}  // namespace tally::tune
