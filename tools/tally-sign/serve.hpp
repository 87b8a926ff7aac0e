// The two roles of `tally-sign serve`.
#pragma once

#include "open_share.hpp"

namespace tally::sign {

struct ServeOptions {
  std::string role;
  SchemeOptions scheme;
  // party
  ShareOptions share;
  std::string listen;
  std::vector<std::string> allow;
  std::string self_check = "on";
  // coordinator
  PartyOptions parties;
  std::string from;
  std::string to;
  std::int64_t window = 256;
  cli::Duration stats;
  std::string stats_out;
};

[[nodiscard]] Result<Code> serve_party(const ServeOptions& options, cli::Invocation& call);
[[nodiscard]] Result<Code> serve_coordinator(const ServeOptions& options, cli::Invocation& call);

}  // namespace tally::sign
