// Many equations of public data checked together, by the fastest back end of lib/crypto that runs
// here: what proofs, partial signatures and commitments have in common. Variable time. Any thread;
// allocates room for the batch.
#pragma once

#include <optional>
#include <span>

#include "crypto/verify_backend.hpp"

namespace tally::mpc {

// The first item that is bad; nothing when all are good.
[[nodiscard]] std::optional<std::uint32_t> first_bad_var(std::span<const crypto::VerifyItem> items);

}  // namespace tally::mpc
