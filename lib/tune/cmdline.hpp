// Kernel command lines, parsed rather than searched: "isolcpus" inside another value is no match.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tally::tune {

struct Parameter {
  std::string key;    // "isolcpus"; for a pair see below
  std::string token;  // "isolcpus=managed_irq,domain,2-7"
  bool operator==(const Parameter&) const = default;
};

// Splits at white space outside double quotes, as the kernel does (lib/cmdline.c, next_arg). What
// follows "--" belongs to init and is left out. "hugepagesz=SIZE" and the "hugepages=" after it
// are one parameter with the key "hugepagesz=SIZE", because only together they mean something. In
// keys "-" is "_" as for the kernel.
[[nodiscard]] std::vector<Parameter> parse_cmdline(std::string_view text);

// A parameter of ours, from a plan: one or two words of [A-Za-z0-9_.,:=-], with a key that this
// tool sets. Errors: configuration, naming the token; mitigations are refused in so many words.
[[nodiscard]] Status check_own_parameter(std::string_view token);

}  // namespace tally::tune
