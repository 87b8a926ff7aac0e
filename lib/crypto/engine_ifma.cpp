// Compiled for AVX-512 IFMA (lib/CMakeLists.txt). Nothing here runs before the processor was asked.
#include "crypto/engine_registry.hpp"

#ifdef __AVX512IFMA__

#include "crypto/engine_lanes.hpp"
#include "crypto/field_ifma.hpp"

namespace tally::crypto {

const Engine* compiled_ifma_engine() {
  static constexpr Engine kEngine = EngineOf<Lanes>::make("ifma");
  return &kEngine;
}

}  // namespace tally::crypto

#else

namespace tally::crypto {

const Engine* compiled_ifma_engine() {
  return nullptr;
}

}  // namespace tally::crypto

#endif
