#include "ring/results.hpp"

namespace tally::ring {

PushResult push_result(Waited waited) {
  switch (waited) {
    case Waited::ok:
      return PushResult::ok;
    case Waited::timeout:
      return PushResult::timeout;
    case Waited::closed:
      return PushResult::closed;
    case Waited::peer_dead:
      return PushResult::peer_dead;
    case Waited::poisoned:
      break;
  }
  return PushResult::poisoned;
}

PopResult pop_result(Waited waited) {
  switch (waited) {
    case Waited::ok:
      return PopResult::ok;
    case Waited::timeout:
      return PopResult::timeout;
    case Waited::closed:
      return PopResult::closed;
    case Waited::peer_dead:
      return PopResult::peer_dead;
    case Waited::poisoned:
      break;
  }
  return PopResult::poisoned;
}

}  // namespace tally::ring
