// The engine of AVX-512 IFMA as it was compiled, whether or not this processor can run it. Asked
// for by ifma_engine() alone, which looks at the processor first.
#pragma once

#include "crypto/engine.hpp"

namespace tally::crypto {

// Null when the compiler was not told to make one.
[[nodiscard]] const Engine* compiled_ifma_engine();

}  // namespace tally::crypto
