// Of a Region: who else is there, by what the entries say and who holds their locks.
#include <chrono>
#include <thread>

#include "core/clock.hpp"
#include "core/stop.hpp"
#include "ring/intent.hpp"
#include "ring/liveness.hpp"
#include "ring/region.hpp"
#include "ring/waiting.hpp"

namespace tally::ring {

// Looks at one entry after the other, in which one may leave behind the look and another come
// before it: that nobody is there counts only if all stood still meanwhile.
Peer Region::peer() const {
  if (entry_count(other_role()) == 1) return best_state_of_others();
  for (;;) {
    const Standing before = standing_of_others();
    const Peer best = best_state_of_others();
    if (best == Peer::alive || standing_of_others() == before) return best;
  }
}

Region::Standing Region::standing_of_others() const {
  constexpr unsigned kPhaseBits = 2;
  Standing standing{};
  for (std::size_t index = 0; index < entry_count(other_role()); ++index) {
    const Endpoint& entry = header().endpoints[entry_of(other_role(), index)];
    // Acquire, both: the looks come in this order, before and after those at the locks.
    standing[index] = entry.epoch.load(std::memory_order_acquire) << kPhaseBits;
    standing[index] |= entry.phase.load(std::memory_order_acquire);
  }
  return standing;
}

Peer Region::best_state_of_others() const {
  Peer best = Peer::absent;
  for (std::size_t index = 0; index < entry_count(other_role()); ++index) {
    const Peer state = state_of(entry_of(other_role(), index));
    if (state == Peer::alive) return Peer::alive;
    if (best == Peer::absent || state == Peer::dead) best = state;
  }
  return best;
}

bool Region::is_claimed_by_living(Role role, std::uint64_t position) const {
  for (std::size_t index = 0; index < entry_count(role); ++index) {
    const std::size_t entry = entry_of(role, index);
    // Acquire pairs with Claim::end(), which takes the intent back behind the stamps.
    const std::uint64_t word = header().endpoints[entry].intent.load(std::memory_order_acquire);
    if (!is_intended(word, position)) continue;
    // The kernel says of a lock of this descriptor's own that it is free.
    if (entry == entry_ || is_locked(fd_.get(), static_cast<std::int64_t>(entry))) return true;
  }
  return false;
}

std::uint64_t Region::dropped_by_producers() const {
  std::uint64_t dropped = 0;
  for (std::size_t index = 0; index < entry_count(Role::producer); ++index) {
    const Endpoint& producer = header().endpoints[producer_entry(index)];
    dropped += producer.stats.dropped_new.load(std::memory_order_relaxed);
  }
  return dropped;
}

bool Region::try_lock_mending() const {
  return try_lock_byte(fd_.get(), kMendLockByte).value_or(false);
}

void Region::unlock_mending() const {
  unlock_byte(fd_.get(), kMendLockByte);
}

Peer Region::state_of(std::size_t index) const {
  const Endpoint& entry = header().endpoints[index];
  const auto byte = static_cast<std::int64_t>(index);
  for (;;) {
    // Acquire, both: pair with introduce() and leave(), so that what the other side committed
    // before it closed is seen by a caller who is told `closed`.
    const std::uint64_t epoch = entry.epoch.load(std::memory_order_acquire);
    const auto phase = static_cast<Phase>(entry.phase.load(std::memory_order_acquire));
    // Who holds the lock but is still attaching has not come yet: killed now, it was never there.
    if (phase == Phase::closed) return Peer::closed;
    if (phase != Phase::attached) return Peer::absent;
    if (is_locked(fd_.get(), byte)) return Peer::alive;
    // A free lock means dead only if nobody came or closed between the two looks.
    if (entry.epoch.load(std::memory_order_acquire) == epoch &&
        entry.phase.load(std::memory_order_acquire) ==
            static_cast<std::uint32_t>(Phase::attached)) {
      return Peer::dead;
    }
  }
}

// Sleeps in between: who waits for a process to start has time.
Status Region::wait_for_peer(std::uint64_t timeout_ns) const {
  constexpr std::chrono::milliseconds kLookEvery{1};
  const std::uint64_t deadline_ns = core::monotonic_ns() + timeout_ns;
  for (;;) {
    const Peer now = peer();
    // A producer that closed has left records; a consumer that closed will read none.
    if (now == Peer::alive || (now == Peer::closed && role_ == Role::consumer)) return {};
    if (core::monotonic_ns() >= deadline_ns || core::StopSignal::requested()) break;
    std::this_thread::sleep_for(kLookEvery);
  }
  const std::string who = role_ == Role::producer ? "consumer" : "producer";
  if (core::StopSignal::requested()) {
    return fail(stopped_before("a " + who + " came").in("ring " + name_));
  }
  return fail(Code::try_again, "ring " + name_ + ": no " + who + " came",
              "start the " + who + ", or raise open-timeout");
}

}  // namespace tally::ring
