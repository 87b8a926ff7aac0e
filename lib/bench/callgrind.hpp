// Counting instructions with valgrind's callgrind: the program runs itself again under it, and its
// copy brackets each case's slices with the requests of <valgrind/callgrind.h>, so that one start
// counts all cases.
//
// Two slices of n and 2n operations are counted, and their difference is divided by n: what a slice
// costs once, cancels. The copy's environment is fixed, because the size of the environment moves
// the stack, and both dispatchers that look at the processor are told to be portable: ours by
// TALLY_CPU, the C library's by GLIBC_TUNABLES. Callgrind 3.19 knows no AVX-512.
//
// Source: the callgrind manual, "Client request reference"; glibc manual, "Hardware Capability
// Tunables".
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/case.hpp"
#include "bench/counts.hpp"

namespace tally::bench {

// Whether this process runs under callgrind already.
[[nodiscard]] bool under_callgrind();

// Cases whose count depends neither on a second thread nor on the host.
[[nodiscard]] bool is_countable(const Case& definition);

// In the copy: runs the slices of one case and has them written to callgrind's files. Errors: of
// the case's factory; internal when it answered wrongly.
[[nodiscard]] Status count_slices(const Case& definition);

// In the first process: runs `arguments`, this program with what its copy needs, under callgrind
// and returns instructions an operation by case. Errors: unavailable without valgrind, internal
// when the copy failed.
[[nodiscard]] Result<std::map<std::string, double>> count_under_callgrind(
    const std::vector<std::string>& arguments);

// One of callgrind's output files: the name that count_slices gave and the number of instructions;
// nothing for the file of the program's end. Errors: bad_data.
struct CountedSlice {
  std::string case_name;
  std::uint64_t operations = 0;
  std::uint64_t instructions = 0;
};
[[nodiscard]] Result<std::optional<CountedSlice>> parse_callgrind(std::string_view text);

// What stands in the head of a file of counts. How this program was built is its maker's knowledge.
// Errors: as count_under_callgrind.
struct BuildFacts {
  std::string flags;         // of the compiler
  std::string libsecp256k1;  // its version
};
[[nodiscard]] Result<CountsOrigin> counts_origin(BuildFacts build);

}  // namespace tally::bench
