// The cursor queue of queue/spsc.hpp under Relacy: its own code, with the accesses carried out by a
// checker that tries interleavings and, for each load, every stale value the C++ memory model
// allows. A slot that is read without being ordered after its write is a data race and ends the
// run.
//
// spsc_model            must find nothing
// spsc_model publish    the producer's store is relaxed: must be caught
// spsc_model retire     the consumer's store is relaxed: must be caught
#include <array>
#include <cstdio>
#include <optional>
#include <ostream>
#include <string_view>

#include "queue/spsc.hpp"
#include "support/sanitizer.hpp"
#include "support/skip.hpp"

// Last, because it makes macros of words of the language, which are taken back at once.
#include <relacy/relacy.hpp>
#undef new
#undef delete
#undef malloc
#undef free

namespace {

enum class Fault { none, publish, retire };

// Which cursor a store goes to cannot be seen from the atomic, so the faulty policy makes one
// thread's stores relaxed: thread 0 is the producer.
template <Fault kFault>
struct RelacyAtomics {
  template <typename T>
  using Atomic = rl::atomic<T>;
  template <typename T>
  using Cell = rl::var<T>;

  template <typename T>
  static T load_relaxed(const rl::atomic<T>& from) {
    return from(RL_INFO).load(rl::mo_relaxed);
  }
  template <typename T>
  static T load_acquire(const rl::atomic<T>& from) {
    return from(RL_INFO).load(rl::mo_acquire);
  }
  template <typename T>
  static void store_release(rl::atomic<T>& to, T value) {
    const bool weak = (kFault == Fault::publish && rl::thread_index() == 0) ||
                      (kFault == Fault::retire && rl::thread_index() == 1);
    to(RL_INFO).store(value, weak ? rl::mo_relaxed : rl::mo_release);
  }
  template <typename T>
  static void put(rl::var<T>& cell, T value) {
    cell(RL_INFO).store(value);
  }
  template <typename T>
  static T take(rl::var<T>& cell) {
    return cell(RL_INFO).load();
  }
};

constexpr unsigned kItems = 5;
constexpr std::size_t kCapacity = 2;  // so that every slot is used again

template <Fault kFault>
struct SpscTest : rl::test_suite<SpscTest<kFault>, 2> {
  using Atomics = RelacyAtomics<kFault>;
  std::optional<tally::queue::SpscPair<unsigned, tally::queue::SpinWait, Atomics>> queue;

  void before() {
    // Near the wrap of the positions, so that the model passes it.
    queue.emplace(tally::queue::make_spsc<unsigned, tally::queue::SpinWait, Atomics>(
                      kCapacity, std::uint64_t{0} - 3)
                      .value());
  }
  void after() { queue.reset(); }

  // Items one by one and in spans, as the room allows.
  void produce() {
    unsigned next = 0;
    while (next < kItems) {
      if (next % 2 == 0) {
        const std::array<unsigned, 2> items = {next, next + 1};
        const std::size_t room = std::min<std::size_t>(2, kItems - next);
        next += static_cast<unsigned>(
            queue->producer.push(std::span<const unsigned>(items).first(room)));
      } else if (queue->producer.try_push(next)) {
        ++next;
      }
      rl::yield(1, RL_INFO);
    }
  }
  void consume() {
    unsigned next = 0;
    while (next < kItems) {
      std::array<unsigned, 3> items{};
      const std::size_t got = queue->consumer.pop(items);
      for (std::size_t i = 0; i < got; ++i) {
        RL_ASSERT(items[i] == next);
        ++next;
      }
      rl::yield(1, RL_INFO);
    }
  }
  void thread(unsigned index) {
    if (index == 0) {
      produce();
    } else {
      consume();
    }
  }
};

// Whether the checker found nothing. Half of the iterations are random, half a bounded search.
template <Fault kFault>
bool is_clean() {
  std::ostream quiet(nullptr);  // a buffer would be freed outside of the checker's own heap
  for (const auto scheduler : {rl::random_scheduler_type, rl::fair_context_bound_scheduler_type}) {
    rl::test_params params;
    params.iteration_count = 40'000;
    params.search_type = scheduler;
    params.output_stream = &quiet;
    params.progress_stream = &quiet;
    if (!rl::simulate<SpscTest<kFault>>(params)) {
      std::printf("found: %s\n", rl::test_result_str(params.test_result));
      return false;
    }
    std::printf("%u interleavings: nothing found\n", static_cast<unsigned>(params.stop_iteration));
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  if (tally::test::kAddressSanitizer || tally::test::kThreadSanitizer) {
    tally::test::skip("Relacy switches stacks, which the sanitizers do not follow");
  }
  const std::string_view fault = argc > 1 ? argv[1] : "";
  if (fault == "publish") return is_clean<Fault::publish>() ? 1 : 0;
  if (fault == "retire") return is_clean<Fault::retire>() ? 1 : 0;
  return is_clean<Fault::none>() ? 0 : 1;
}
