#include "net/ring_common.hpp"

#include <fmt/format.h>

namespace tally::net {

Error ring_given_up(const std::string& name) {
  const bool handed = name.find('/') != std::string::npos;
  return {Code::bad_data, fmt::format("ring {} was given up", name),
          handed ? "start both sides again"
                 : fmt::format("tally-relay ring stat {} shows both sides", name),
          0};
}

}  // namespace tally::net
