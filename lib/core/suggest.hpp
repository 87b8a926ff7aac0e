// "did you mean": the candidate that a mistyped word most likely stood for.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace tally::core {

// Optimal string alignment distance: the least number of inserted, deleted, changed and swapped
// neighbouring characters that turn `a` into `b`. Allocates three rows.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The closest candidate, the first of equals; empty when none is nearer than a third of the word's
// length (and at most 3), because a far-fetched suggestion is worse than none.
[[nodiscard]] std::string closest(std::string_view word,
                                  std::span<const std::string_view> candidates);

// "did you mean WORD?", or `otherwise` when nothing is close.
[[nodiscard]] std::string did_you_mean(std::string_view word,
                                       std::span<const std::string_view> candidates,
                                       std::string otherwise);

}  // namespace tally::core
