#include "mpc/verdicts.hpp"

#include <algorithm>
#include <vector>

namespace tally::mpc {

std::optional<std::uint32_t> first_bad_var(std::span<const crypto::VerifyItem> items) {
  std::vector<crypto::Verdict> verdicts(items.size());
  crypto::make_backend(crypto::BackendKind::automatic)->verify_var(items, verdicts);
  const auto bad = std::ranges::find(verdicts, crypto::Verdict::bad);
  if (bad == verdicts.end()) return std::nullopt;
  return static_cast<std::uint32_t>(bad - verdicts.begin());
}

}  // namespace tally::mpc
