// What a pair setup leaves for the OT extension, one type for each role: Bob knows every leaf of
// every tree, Alice all but one of each tree and Delta, which says which. A pair holds both, once
// as Alice and once as Bob; the types do not convert, so that swapped state does not compile.
//
// Locked memory, wiped at the end. Immutable: any thread may read.
#pragma once

#include <algorithm>
#include <utility>

#include "core/secret.hpp"
#include "mpc/dkls_suite.hpp"
#include "mpc/failure.hpp"

namespace tally::mpc::dkls {

class AliceSeeds {
 public:
  // Copies. Pre: kLeavesBytes, tree by tree and zero where Delta says, and 16 bytes.
  // Faults: out_of_memory.
  [[nodiscard]] static Outcome<AliceSeeds> make(ByteView leaves, ByteView delta) {
    auto memory = core::SecretBytes::allocate(kLeavesBytes + kColumns / 8);
    if (!memory) return failed(Fault::out_of_memory);
    std::copy(leaves.begin(), leaves.end(), memory->bytes().begin());
    std::copy(delta.begin(), delta.end(), memory->bytes().begin() + kLeavesBytes);
    return AliceSeeds(std::move(*memory));
  }

  [[nodiscard]] ByteView leaves() const { return memory_.bytes().first(kLeavesBytes); }
  // Bit 4t + b is bit b of the place of tree t's missing leaf.
  [[nodiscard]] ByteView delta() const { return memory_.bytes().subspan(kLeavesBytes); }

 private:
  explicit AliceSeeds(core::SecretBytes memory) : memory_(std::move(memory)) {}
  core::SecretBytes memory_;
};

class BobSeeds {
 public:
  // Copies. Pre: kLeavesBytes. Faults: out_of_memory.
  [[nodiscard]] static Outcome<BobSeeds> make(ByteView leaves) {
    auto memory = core::SecretBytes::allocate(kLeavesBytes);
    if (!memory) return failed(Fault::out_of_memory);
    std::copy(leaves.begin(), leaves.end(), memory->bytes().begin());
    return BobSeeds(std::move(*memory));
  }

  [[nodiscard]] ByteView leaves() const { return memory_.bytes(); }

 private:
  explicit BobSeeds(core::SecretBytes memory) : memory_(std::move(memory)) {}
  core::SecretBytes memory_;
};

}  // namespace tally::mpc::dkls
