#include "bench/placed.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <sys/resource.h>
#include <thread>

#include "bench/kernel_text.hpp"
#include "core/file.hpp"
#include "core/threads.hpp"

namespace tally::bench {

namespace {

Status place(const Placement& placement, std::size_t index) {
  if (placement.policy == Policy::fifo) TALLY_CHECK(core::set_fifo_priority(placement.priority));
  return core::pin_to_cpu(placement.cpus[index]);
}

// Where the threads wait, asleep, until all of them stand on their processors.
struct Gathering {
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t placed = 0;
  std::size_t ended = 0;
  std::optional<Error> error;
};

}  // namespace

const char* policy_name(Policy policy) {
  return policy == Policy::fifo ? "fifo" : "other";
}

Status run_placed(const Placement& placement, const std::function<void(std::size_t)>& job,
                  const std::function<void()>& meanwhile) {
  const std::size_t count = placement.cpus.size();
  Gathering gathering;
  const auto work = [&](std::size_t index) {
    const Status placed = place(placement, index);
    std::unique_lock lock(gathering.mutex);
    if (!placed && !gathering.error) gathering.error = placed.error();
    ++gathering.placed;
    gathering.changed.notify_all();
    gathering.changed.wait(lock, [&] { return gathering.placed == count; });
    if (!gathering.error) {
      lock.unlock();
      job(index);
      lock.lock();
    }
    ++gathering.ended;
    gathering.changed.notify_all();
  };
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < count; ++i) threads.emplace_back([&work, i] { work(i); });
  {
    std::unique_lock lock(gathering.mutex);
    constexpr auto kTick = std::chrono::milliseconds(100);
    while (!gathering.changed.wait_for(lock, kTick, [&] { return gathering.ended == count; })) {
      if (!meanwhile) continue;
      lock.unlock();
      meanwhile();
      lock.lock();
    }
  }
  for (std::thread& thread : threads) thread.join();
  if (gathering.error) return fail(*gathering.error);
  return {};
}

ThreadUsage thread_usage() {
  ThreadUsage usage;
  rusage counts{};
  if (::getrusage(RUSAGE_THREAD, &counts) == 0) {
    usage.voluntary = static_cast<std::uint64_t>(counts.ru_nvcsw);
    usage.involuntary = static_cast<std::uint64_t>(counts.ru_nivcsw);
  }
  if (const auto text = core::read_file("/proc/thread-self/schedstat"))
    usage.run_delay_ns = parse_run_delay_ns(*text);
  return usage;
}

ThreadUsage operator-(const ThreadUsage& after, const ThreadUsage& before) {
  ThreadUsage grown{after.voluntary - before.voluntary, after.involuntary - before.involuntary,
                    std::nullopt};
  if (after.run_delay_ns && before.run_delay_ns)
    grown.run_delay_ns = *after.run_delay_ns - *before.run_delay_ns;
  return grown;
}

}  // namespace tally::bench
