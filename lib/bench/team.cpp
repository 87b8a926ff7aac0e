#include "bench/team.hpp"

#include <algorithm>
#include <sched.h>

#include "core/clock.hpp"
#include "core/cpu.hpp"
#include "core/threads.hpp"

namespace tally::bench {

namespace {

constexpr int kFifoPriority = 50;

}  // namespace

bool Meeting::wait(std::uint64_t timeout_ns) {
  // Acquire and release order what each thread did before the meeting before what the others do
  // after it.
  const int mine = arrived_.fetch_add(1, std::memory_order_acq_rel) + 1;
  if (mine < 0) return false;
  const std::uint64_t deadline_ns = core::monotonic_ns() + timeout_ns;
  for (;;) {
    int arrived = arrived_.load(std::memory_order_acquire);
    if (arrived < 0) return false;
    if (arrived >= parties_) return true;
    core::cpu_relax();
    if (core::monotonic_ns() < deadline_ns) continue;
    // Only one that still sees the meeting incomplete may call it off.
    if (arrived_.compare_exchange_strong(arrived, kAbandoned, std::memory_order_acq_rel))
      return false;
  }
}

Result<std::unique_ptr<Team>> Team::start(const std::vector<int>& cpus) {
  std::unique_ptr<Team> team(new Team);
  team->pending_ = cpus.size();
  for (std::size_t i = 0; i < cpus.size(); ++i)
    team->threads_.emplace_back([raw = team.get(), i, cpu = cpus[i]] { raw->work(i, cpu); });
  std::unique_lock lock(team->mutex_);
  team->changed_.wait(lock, [&] { return team->pending_ == 0; });
  if (team->error_) {
    Error error = *team->error_;
    lock.unlock();
    return fail(std::move(error));
  }
  return team;
}

Team::~Team() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Team::run(std::size_t threads, const std::function<void(std::size_t)>& job) {
  std::unique_lock lock(mutex_);
  job_ = &job;
  job_threads_ = std::min(threads, threads_.size());
  pending_ = job_threads_;
  ++generation_;
  changed_.notify_all();
  changed_.wait(lock, [&] { return pending_ == 0; });
  job_ = nullptr;
}

Status Team::place(int cpu) {
  if (!core::set_fifo_priority(kFifoPriority)) {
    const std::lock_guard lock(mutex_);
    fifo_ = false;
  }
  return core::pin_to_cpu(cpu);
}

void Team::work(std::size_t index, int cpu) {
  const Status placed = place(cpu);
  std::unique_lock lock(mutex_);
  if (!placed) error_ = placed.error();
  std::uint64_t seen = 0;
  if (--pending_ == 0) changed_.notify_all();
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || (generation_ != seen && index < job_threads_); });
    if (stopping_) return;
    seen = generation_;
    const auto& job = *job_;
    lock.unlock();
    job(index);
    lock.lock();
    if (--pending_ == 0) changed_.notify_all();
  }
}

std::vector<int> allowed_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  std::vector<int> cpus;
  if (::sched_getaffinity(0, sizeof set, &set) != 0) return cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (CPU_ISSET(static_cast<unsigned>(cpu), &set)) cpus.push_back(cpu);
  return cpus;
}

std::vector<int> choose_cpus() {
  std::vector<int> allowed = allowed_cpus();
  if (allowed.size() < 2) return allowed;
  const auto topology = core::cpu_topology();
  const int first = allowed.front();
  if (topology) {
    const auto own = std::find_if(topology->begin(), topology->end(),
                                  [&](const core::LogicalCpu& cpu) { return cpu.id == first; });
    if (own != topology->end())
      for (const int cpu : allowed)
        if (std::find(own->siblings.begin(), own->siblings.end(), cpu) == own->siblings.end() &&
            cpu != first)
          return {first, cpu};
  }
  return {first, allowed[1]};
}

}  // namespace tally::bench
