#include "ring/waiting.hpp"

namespace tally::ring {

Error stopped_before(const std::string& event) {
  return {Code::try_again, "stopped before " + event, {}, 0};
}

Waited why_over(const Region& region) {
  if (region.poisoned()) return Waited::poisoned;
  switch (region.peer()) {
    case Peer::closed:
      return Waited::closed;
    case Peer::dead:
      return Waited::peer_dead;
    case Peer::absent:
    case Peer::alive:
      break;
  }
  return Waited::ok;
}

}  // namespace tally::ring
