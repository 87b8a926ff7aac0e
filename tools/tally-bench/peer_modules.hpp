// The border between tally-bench and the modules of comparison peers, which are built apart and
// loaded at run time, so that nothing of them is ever part of the product. A module is a shared
// object in the folder tally-bench-peers beside the program, with one function of C linkage:
//
//   extern "C" const PeerTable* tally_bench_peers();
//
// Module and program come from one build; the version refuses a module that was left over.
#pragma once

#include <cstddef>
#include <new>

#include "bench/case.hpp"

namespace tally::bench_tool {

inline constexpr unsigned kPeerVersion = 1;

struct PeerEntry {
  const char* case_name;
  const char* peer_name;
  bench::Subject* (*make)();  // owned by the caller, null when it cannot be made
};

struct PeerTable {
  unsigned version;
  std::size_t count;
  const PeerEntry* entries;
};

// For tables: makes a subject, or nothing.
template <typename Made>
bench::Subject* make_peer() {
  return new (std::nothrow) Made;
}

inline constexpr const char* kPeerSymbol = "tally_bench_peers";

}  // namespace tally::bench_tool
