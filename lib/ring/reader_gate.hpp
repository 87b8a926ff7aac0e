// What a broadcast's producer that waits for its readers (full=block, full=drop-new) knows of them:
// the slowest one that is attached, and which of those that hold it up were killed.
//
// A reader's place is in its entry (ReaderCursor); what is before the place of every attached
// reader may be overwritten. Readers come while the producer looks, and none may come unseen to
// where it writes next. Therefore
//
//   producer   stores its tail, looks at the entries, moves the head, and writes
//   reader     says in its entry that it is attached, then reads the tail and begins there
//
// in one order, seq_cst. A reader that was not seen finds a tail that is no older than the one of
// that look, and the head never passes it; whoever looks later sees the reader. The tail of a look
// may be an older one than what is published: the producer stores it so only once it is all that
// limits it. A reader that follows a killed one begins where that one stood, and what is given up
// by a look that began before it came is lost to it and counted. Until the first reader comes,
// which begins with the oldest record, nothing is given up.
//
// The kernel is asked who lives (0.5 us) about those alone that hold the producer up. One that was
// killed is known by its epoch, so that its successor, which has another, is waited for again. The
// epoch is stored in its entry, so that a producer's successor does not count it once more.
// Searched whole in tests/model/readergate.pml.
#pragma once

#include <cstdint>

#include "ring/region.hpp"

namespace tally::ring {

// Belongs to the producer's thread.
class ReaderGate {
 public:
  // The least position that a reader who is attached, and not known as killed, still wants, no
  // earlier than `head`. Without any: `tail`; but `head` if no reader ever came, or no other can
  // come (Place::handed). Pre: `tail`, or a later one, was stored with seq_cst.
  [[nodiscard]] std::uint64_t slowest(const Region& region, std::uint64_t head, std::uint64_t tail);

  // Asks the kernel about those that want a position before `wanted`. How many were killed, and are
  // waited for no more.
  std::size_t pass_dead(const Region& region, std::uint64_t wanted);

 private:
  bool had_reader_ = false;
};

}  // namespace tally::ring
