// Instructions an operation, kept in a file beside the sources: a change of the code that makes it
// do more work is found on any machine, however noisy, while the clock is the truth for what waits.
// The file is JSON lines: a head that names what the counts depend on, then one line a case,
// sorted, so that a difference of two versions reads well.
//
//   {"schema":"tally.bench.counts/1","compiler":"...","flags":"...","libc":"...",
//    "libsecp256k1":"...","valgrind":"..."}
//   {"case":"pool.lifo.64","instructions":11.5}
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tally::bench {

// What compiles, or runs as a part of, what is counted. Under other versions a comparison informs
// and decides nothing.
struct CountsOrigin {
  std::string compiler;
  std::string flags;
  std::string libc;
  std::string libsecp256k1;
  std::string valgrind;
  bool operator==(const CountsOrigin&) const = default;
};

struct Counts {
  CountsOrigin origin;
  std::map<std::string, double> instructions;  // by case, an operation
};

[[nodiscard]] std::string to_text(const Counts& counts);

// Errors: bad_data with the line's number for what is no file of counts.
[[nodiscard]] Result<Counts> parse_counts(std::string_view text);

struct CountChange {
  std::string name;
  std::optional<double> kept;  // none: the case is new
  double found = 0;
  // found / kept - 1; 0 for a new case.
  [[nodiscard]] double relative() const { return kept ? found / *kept - 1 : 0; }
  // A new case, or one that changed by more than `limit` in either direction: a gain that is not
  // written down hides the loss that follows it.
  [[nodiscard]] bool matters(double limit) const;
};

inline constexpr double kCountLimit = 0.01;

// Every case of `found` against its line in `kept`. Cases that only `kept` has were not asked for.
[[nodiscard]] std::vector<CountChange> compare_counts(const Counts& kept, const Counts& found);

// The names of the fields in which two origins differ, for a sentence: "compiler, libc".
[[nodiscard]] std::string differing_fields(const CountsOrigin& a, const CountsOrigin& b);

}  // namespace tally::bench
