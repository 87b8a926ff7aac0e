// The command line of a model with planted faults, VARIANT [FAULT]: what is searched, and what is
// planted there, "none" where it is left out.
#pragma once

#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>

namespace tally::test {

// The exit status: 0 where the search found what it had to, nothing where nothing is planted and
// something where a fault is; 1 where not; 2 for words that name nothing. Sets `planted` before it
// calls search(variant), which says whether nothing was found, or is empty for no such variant.
template <typename Planted, typename Search>
int search_planted(int argc, char** argv, Planted& planted,
                   std::initializer_list<std::pair<std::string_view, Planted>> faults,
                   Search search) {
  const std::string_view name = argc > 2 ? argv[2] : "none";
  std::optional<Planted> fault;
  if (name == "none") fault = Planted::nothing;
  for (const auto& [known, its] : faults) {
    if (known == name) fault = its;
  }
  if (!fault) return 2;
  planted = *fault;
  const std::optional<bool> is_clean = search(std::string_view(argc > 1 ? argv[1] : ""));
  if (!is_clean) return 2;
  return *is_clean == (planted == Planted::nothing) ? 0 : 1;
}

}  // namespace tally::test
