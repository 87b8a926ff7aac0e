// What the opener of a ring asked for: the ring that follows from it, and whether one that is there
// is that. Any thread; only an error allocates.
#pragma once

#include "core/result.hpp"
#include "mem/pages.hpp"
#include "ring/layout.hpp"
#include "ring/options.hpp"

namespace tally::ring {

// The geometry of a new ring, with the defaults of its kind. Pre: check_options() has passed.
[[nodiscard]] Geometry plan_ring(const Options& options);

[[nodiscard]] mem::PageRequest page_request(const Options& options);

// That such pages can back a ring of that place. Errors: unavailable.
[[nodiscard]] Status check_pages(const Options& options);

// That the ring has what was asked for. Errors: usage, naming the first value that differs.
[[nodiscard]] Status check_asked(const Options& options, const Geometry& geometry);

}  // namespace tally::ring
