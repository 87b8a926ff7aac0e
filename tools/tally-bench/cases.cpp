#include "cases.hpp"

namespace tally::bench_tool {

void add_cases(bench::Registry& registry) {
  add_queue_cases(registry);
  add_pool_cases(registry);
  add_pool_tail_cases(registry);
  add_cache_cases(registry);
  add_ring_cases(registry);
  add_broadcast_cases(registry);
  add_lean_cases(registry);
  add_many_ring_cases(registry);
  add_crypto_cases(registry);
  add_verify_cases(registry);
  add_mpc_cases(registry);
  add_ecdsa_cases(registry);
  add_hist_cases(registry);
  add_mem_cases(registry);
  add_net_cases(registry);
  add_relay_cases(registry);
  add_sign_cases(registry);
  add_pipeline_cases(registry);
  add_tune_cases(registry);
}

}  // namespace tally::bench_tool
