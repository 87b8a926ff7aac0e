// Where the workers of a batch verifier run, and what they share.
#include "crypto/batch_verifier.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <doctest/doctest.h>
#include <latch>
#include <mutex>
#include <sched.h>
#include <thread>

#include "core/threads.hpp"
#include "crypto/engine.hpp"
#include "crypto/made_items.hpp"
#include "crypto/verify_sums.hpp"
#include "support/skip.hpp"

namespace core = tally::core;
namespace crypto = tally::crypto;
using crypto::BackendKind;
using crypto::Verdict;

namespace {

// Processors that the calling thread may run on.
std::vector<int> allowed_here() {
  cpu_set_t set;
  CPU_ZERO(&set);
  REQUIRE(::sched_getaffinity(0, sizeof set, &set) == 0);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
  }
  return cpus;
}

struct Sighting {
  std::thread::id thread;
  std::vector<int> allowed;
  int at = -1;
};

std::mutex sightings_mutex;
std::vector<Sighting> sightings;  // guarded by sightings_mutex
// Slices are held until as many of them are at work at once, so that each worker has one.
std::latch* all_at_work = nullptr;

// Says where it was asked.
class Witness final : public crypto::VerifyBackend {
 public:
  [[nodiscard]] std::string_view name() const override { return "witness"; }
  void verify_var(std::span<const crypto::VerifyItem>, std::span<Verdict> verdicts) override {
    all_at_work->arrive_and_wait();
    Sighting one{std::this_thread::get_id(), allowed_here(), ::sched_getcpu()};
    {
      const std::lock_guard lock(sightings_mutex);
      sightings.push_back(std::move(one));
    }
    std::fill(verdicts.begin(), verdicts.end(), Verdict::good);
  }
};

// What each worker of a verifier on `cpus` says; without any, the calling thread.
std::vector<Sighting> watch_workers(std::vector<int> cpus) {
  const std::size_t slices = std::max<std::size_t>(1, cpus.size());
  std::latch together(static_cast<std::ptrdiff_t>(slices));
  all_at_work = &together;
  sightings.clear();
  crypto::BatchVerifier::Options options;
  options.cpus = std::move(cpus);
  options.slice_items = 1;
  options.make = [](BackendKind) -> std::unique_ptr<crypto::VerifyBackend> {
    return std::make_unique<Witness>();
  };
  auto verifier = crypto::BatchVerifier::make(std::move(options));
  REQUIRE(verifier);
  (*verifier)->submit(std::vector<crypto::VerifyItem>(slices));
  (*verifier)->flush();
  std::size_t back = 0;
  std::array<crypto::Completion, 8> some;
  while (back < slices) back += (*verifier)->complete(some);
  CHECK(back == slices);
  return sightings;
}

std::vector<int> cpus_of(const std::vector<Sighting>& seen) {
  std::vector<int> cpus;
  for (const Sighting& one : seen) {
    // Pinned: to the one where it is.
    REQUIRE(one.allowed.size() == 1);
    CHECK(one.at == one.allowed[0]);
    CHECK(one.thread != std::this_thread::get_id());
    cpus.push_back(one.at);
  }
  std::sort(cpus.begin(), cpus.end());
  return cpus;
}

}  // namespace

TEST_SUITE_BEGIN("crypto");

TEST_CASE("each worker is pinned to another processor of those that are allowed") {
  const auto allowed = allowed_here();
  if (allowed.size() < 2) tally::test::skip("this process may run on one processor only");
  const std::size_t most = std::min<std::size_t>(allowed.size(), 16);
  for (std::size_t count = 1; count <= most; ++count) {
    const auto cpus = cpus_of(watch_workers(core::worker_cpus(count)));
    REQUIRE(cpus.size() == count);
    CHECK(std::adjacent_find(cpus.begin(), cpus.end()) == cpus.end());
    CHECK(std::includes(allowed.begin(), allowed.end(), cpus.begin(), cpus.end()));
  }
  // The thread that made them is where it may be as before.
  CHECK(allowed_here() == allowed);
}

TEST_CASE("workers stay within the processors that their maker is left") {
  const auto allowed = allowed_here();
  for (const int only : {allowed.front(), allowed.back()}) {
    std::thread([only] {
      REQUIRE(core::pin_to_cpu(only));
      CHECK(cpus_of(watch_workers(core::worker_cpus(1))) == std::vector<int>{only});
      // More are not to be had, and whoever asks for them is told so by the number.
      CHECK(cpus_of(watch_workers(core::worker_cpus(7))) == std::vector<int>{only});
    }).join();
  }
}

TEST_CASE("without workers the caller verifies where it is and is not pinned") {
  const auto allowed = allowed_here();
  const auto seen = watch_workers({});
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].thread == std::this_thread::get_id());
  CHECK(seen[0].allowed == allowed);
}

TEST_CASE("backends of different workers have no cache line in common") {
  // The prefetcher takes lines in pairs.
  constexpr std::size_t kLinePairBytes = 128;
  static_assert(alignof(crypto::VerifyBackend) % kLinePairBytes == 0);
  static_assert(sizeof(crypto::SumVerifier) % kLinePairBytes == 0);
  for (const BackendKind kind : {BackendKind::libsecp, BackendKind::portable, BackendKind::ifma}) {
    if (kind == BackendKind::ifma && crypto::ifma_engine() == nullptr) continue;
    std::vector<std::unique_ptr<crypto::VerifyBackend>> workers(5);
    for (auto& backend : workers) {
      backend = crypto::make_backend(kind);
      CHECK(reinterpret_cast<std::uintptr_t>(backend.get()) % kLinePairBytes == 0);
    }
  }
}

TEST_SUITE_END();
