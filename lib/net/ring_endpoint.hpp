// Opening shared-memory rings as what endpoints say: as the sources of ring_source.hpp and the
// sinks of ring_sink.hpp. Any thread; the ends belong to the one that opened them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/endpoint.hpp"
#include "net/source.hpp"

namespace tally::net {

// Opens shm:NAME or memfd:PATH as what its kind says; where no kind is asked for, a named ring as
// what it is, and any other as slots. The pages of a ring that asked for some, or has no name by
// which they could be looked up, are put into `notes`.
[[nodiscard]] Result<std::unique_ptr<Source>> open_ring_source(const Endpoint& endpoint,
                                                               std::vector<std::string>& notes);
[[nodiscard]] Result<std::unique_ptr<Sink>> open_ring_sink(const Endpoint& endpoint,
                                                           std::vector<std::string>& notes);

}  // namespace tally::net
