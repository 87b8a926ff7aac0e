// A job on a thread of its own on each of some processors. Each thread takes its policy first and
// its processor second, as in team.hpp; all are placed before any begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/result.hpp"

namespace tally::bench {

enum class Policy { other, fifo };
[[nodiscard]] const char* policy_name(Policy policy);  // "other", "fifo"

struct Placement {
  std::vector<int> cpus;
  Policy policy = Policy::other;
  int priority = 0;  // 1 to 99 for fifo
};

// Calls job(i) on the thread of cpus[i] and returns when all have ended. `meanwhile` is called on
// the caller's thread about ten times a second. Errors: permission when the policy is not granted,
// unavailable when a processor is not; no job has begun then.
[[nodiscard]] Status run_placed(const Placement& placement,
                                const std::function<void(std::size_t)>& job,
                                const std::function<void()>& meanwhile = {});

// What happened to the calling thread since it was begun.
struct ThreadUsage {
  std::uint64_t voluntary = 0;    // it slept
  std::uint64_t involuntary = 0;  // it was put aside
  // Time it was ready and did not run, of /proc/thread-self/schedstat.
  std::optional<std::uint64_t> run_delay_ns;
};
[[nodiscard]] ThreadUsage thread_usage();
[[nodiscard]] ThreadUsage operator-(const ThreadUsage& after, const ThreadUsage& before);

}  // namespace tally::bench
