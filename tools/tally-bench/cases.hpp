// The cases of tally-bench, one function and file an area, and the peers built beside it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/case.hpp"

namespace tally::bench_tool {

void add_queue_cases(bench::Registry& registry);
void add_pool_cases(bench::Registry& registry);
void add_pool_tail_cases(bench::Registry& registry);
void add_hist_cases(bench::Registry& registry);
void add_cache_cases(bench::Registry& registry);
void add_mem_cases(bench::Registry& registry);
void add_net_cases(bench::Registry& registry);
void add_relay_cases(bench::Registry& registry);
void add_sign_cases(bench::Registry& registry);
void add_pipeline_cases(bench::Registry& registry);
void add_tune_cases(bench::Registry& registry);
void add_ring_cases(bench::Registry& registry);
void add_broadcast_cases(bench::Registry& registry);
void add_lean_cases(bench::Registry& registry);
void add_many_ring_cases(bench::Registry& registry);
void add_crypto_cases(bench::Registry& registry);
void add_verify_cases(bench::Registry& registry);
void add_mpc_cases(bench::Registry& registry);
void add_ecdsa_cases(bench::Registry& registry);

// One ECDSA verification by libsecp256k1 itself: a peer, and the unit that figures of signing are
// given in.
[[nodiscard]] Result<std::unique_ptr<bench::Subject>> make_ecdsa_verify();

// All of them. Quick: nothing is allocated for a case before it is run.
void add_cases(bench::Registry& registry);

// Adds the peers of every module and program in the folder tally-bench-peers beside this program,
// which a build with TALLY_BENCH_PEERS makes. Modules are never unloaded. Returns the names of
// files there that are none of this build.
[[nodiscard]] std::vector<std::string> load_peers(bench::Registry& registry);
// Whether there are such modules.
[[nodiscard]] bool has_peer_modules();

}  // namespace tally::bench_tool
