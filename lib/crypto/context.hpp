// The one libsecp256k1 context of the process. It is made at the first call, blinded with fresh
// randomness (which protects k*G against power and timing analysis, nothing else), and constant
// afterwards, so that any thread may use it at any time. It lives until the process ends.
#pragma once

#include <secp256k1.h>

namespace tally::crypto {

[[nodiscard]] const secp256k1_context* context();

}  // namespace tally::crypto
