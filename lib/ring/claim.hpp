// How one of many takes runs of positions off a cursor that all of its side share: producers off
// the tail, consumers off `taken`. Belongs to one thread; nothing is allocated.
//
// Its run is said in the entry's intent before the exchange and until end(), which comes after the
// last stamp that the owner stores there: whoever has to know whether an owner lives then finds
// every living one (ring/intent.hpp). Its own code is run under Relacy in
// tests/model/claim_model.cpp.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/atomics.hpp"
#include "core/threads.hpp"
#include "ring/intent.hpp"

namespace tally::ring {

template <typename Atomics>
class BasicClaim {
 public:
  using Word = typename Atomics::template Atomic<std::uint64_t>;

  BasicClaim(Word& cursor, Word& intent) : cursor_(&cursor), intent_(&intent) {}

  // What this end has claimed and not yet dealt with.
  [[nodiscard]] const ClaimedRun& run() const { return run_; }

  // Claims at most `wanted` positions in a row and says how many; shows the same again while some
  // are claimed. available(position, wanted) says how many there are from a position on that the
  // cursor had a moment ago. 0 when there are none.
  template <typename Available>
  [[nodiscard]] std::uint64_t take(std::uint64_t wanted, Available available) {
    if (run_.count != 0) [[unlikely]]
      return std::min(wanted, run_.count);
    std::uint64_t at = Atomics::load_relaxed(*cursor_);
    for (unsigned failures = 0; wanted != 0;) {
      const std::uint64_t there = available(at, wanted);
      if (there == 0) {
        const std::uint64_t now = Atomics::load_relaxed(*cursor_);
        if (now == at) break;
        at = now;
        continue;
      }
      const ClaimedRun run{at, std::min(wanted, there)};
      // Release: who finds the last intent gone finds the stamps of its run.
      Atomics::store_release(*intent_, intent_word(run));
      // Release: the intent is out before the cursor says that the run is taken. seq_cst for a
      // consumer that looks at the cursor before it sleeps (queue::Gate).
      if (Atomics::exchange_if_seq_cst(*cursor_, at, at + run.count)) [[likely]] {
        run_ = run;
        return run.count;
      }
      back_off(++failures);
    }
    // Nothing of it was claimed. Release: as above.
    Atomics::store_release(*intent_, std::uint64_t{0});
    return 0;
  }

  // The first `count` positions are dealt with. Pre: not all of them; end() follows the last.
  void drop(std::uint64_t count) { run_ = {run_.position + count, run_.count - count}; }

  // Everything is dealt with, or given up.
  void end() {
    run_ = {};
    // Release: who finds the intent gone finds the stamps.
    Atomics::store_release(*intent_, std::uint64_t{0});
  }

 private:
  // Whoever lost the exchange leaves the line to the winner for a while.
  static void back_off(unsigned failures) {
    constexpr unsigned kMostPauses = 8;
    for (unsigned i = 0; i < std::min(failures, kMostPauses); ++i) core::cpu_relax();
  }

  Word* cursor_;
  Word* intent_;
  ClaimedRun run_;
};

using Claim = BasicClaim<core::StdAtomics>;

}  // namespace tally::ring
