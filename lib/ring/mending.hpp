// Of a ring of many consumers: freeing slots, those that the living released and those that the
// dead left. Any consumer does it for all; one thread of each at a time. Nothing is allocated.
//
// A record that a consumer had claimed and not released when it was killed may have been passed on
// or not: nobody can tell. It is never given to another one, which could double it, and never
// counted as released; it is counted as in doubt, exactly once, whoever is killed meanwhile. So is
// one that a consumer gave up by leaving with it.
//
// The count is exact because one process at a time takes these steps, under a lock that the kernel
// frees when that one dies, and each of them can be taken again from the start:
//
//   position = p;  counted = settled + 1;  the slot's stamp says done;  settled = counted
//
// Who comes to the lock and finds that `counted` is ahead does the last two first: the death behind
// p was proven before it was counted. A process that is stopped in between holds up those who wait
// for what the dead left, as one does that is stopped with a claim.
//
// Searched whole in tests/model/takes.pml; the code, ring/freeing.hpp, runs under Relacy in
// tests/model/freeing_model.cpp.
#pragma once

#include "ring/freeing.hpp"
#include "ring/intent.hpp"
#include "ring/region.hpp"
#include "ring/slot_area.hpp"

namespace tally::ring {

// Moves the head over what is done with; whether it moved.
bool free_done(Header& header, const SlotArea& slots);

// free_done(), and counts and frees what stands at the head then and was claimed by consumers that
// no longer live, some positions at once: there may be more where some were settled. Asks the
// kernel only where a record at the head is taken and not released, or one is counted and not
// settled. `given_up` is what the caller itself had claimed, and no longer says so.
Mended mend(const Region& region, ClaimedRun given_up = {});

}  // namespace tally::ring
