// mpoeter/xenium's bounded queue after Vyukov as a peer, as it is by default; its weak form may say
// empty while an earlier producer is still writing.
#include <array>
#include <xenium/vyukov_bounded_queue.hpp>

#include "peer_modules.hpp"
#include "queue_subjects.hpp"

using namespace tally::bench_tool;

namespace {

class Vyukov {
 public:
  bool push(std::uint64_t value) { return queue_.try_push(value); }
  bool pop(std::uint64_t& value) { return queue_.try_pop(value); }
  Vyukov& user(std::size_t /*side*/) { return *this; }

 private:
  xenium::vyukov_bounded_queue<std::uint64_t> queue_{kQueueCapacity};
};

constexpr std::array<PeerEntry, 5> kEntries = {{
    {"queue.spsc.rtt8", "xenium", make_peer<QueueRoundTrip<Vyukov>>},
    {"queue.mpmc.pair", "xenium", make_peer<QueuePair<Vyukov>>},
    {"queue.mpmc.rtt8", "xenium", make_peer<QueueRoundTrip<Vyukov>>},
    {"queue.mpmc.stream8", "xenium", make_peer<QueueStream<Vyukov>>},
    {"queue.mpmc.both", "xenium", make_peer<QueueBoth<Vyukov>>},
}};
constexpr PeerTable kTable = {kPeerVersion, kEntries.size(), kEntries.data()};

}  // namespace

extern "C" const PeerTable* tally_bench_peers() {
  return &kTable;
}
