#include "net/ring_common.hpp"

#include <fmt/format.h>

namespace tally::net {

Error ring_given_up(const std::string& name, ring::Place place) {
  return {Code::bad_data, fmt::format("ring {} was given up", name),
          place == ring::Place::handed
              ? "start both sides again"
              : fmt::format("tally-relay ring stat {} shows both sides", name),
          0};
}

}  // namespace tally::net
