#include "ring/mending.hpp"

#include "ring/freeing.hpp"

namespace tally::ring {
namespace {

using Freeing = BasicFreeing<core::StdAtomics, Header, SlotArea>;

struct KernelLocks {
  const Region& region;

  [[nodiscard]] bool is_claimed_by_living(std::uint64_t position) const {
    return region.is_claimed_by_living(Role::consumer, position);
  }
  [[nodiscard]] bool try_lock() const { return region.try_lock_mending(); }
  void unlock() const { region.unlock_mending(); }
};

}  // namespace

bool free_done(Header& header, const SlotArea& slots) {
  return Freeing(header, slots).free_done();
}

Mended mend(const Region& region, ClaimedRun given_up) {
  const SlotArea slots = region.slots();
  return Freeing(region.header(), slots).mend(KernelLocks{region}, given_up);
}

}  // namespace tally::ring
