#include <cstdio>
#include <cstdlib>

#include "core/cpu.hpp"
#include "crypto/engine_lanes.hpp"
#include "crypto/engine_registry.hpp"
#include "crypto/field_5x52.hpp"

namespace tally::crypto {

void field_bounds_broken() {
  std::fputs("a field element is above its magnitude\n", stderr);
  std::abort();
}

const Engine& portable_engine() {
  static const Engine kEngine = EngineOf<Portable>::make("portable");
  return kEngine;
}

const Engine* ifma_engine() {
  static const Engine* const kEngine =
      core::cpu_features().avx512_ifma ? compiled_ifma_engine() : nullptr;
  return kEngine;
}

const Engine& engine() {
  const Engine* const lanes = ifma_engine();
  return lanes != nullptr ? *lanes : portable_engine();
}

}  // namespace tally::crypto
