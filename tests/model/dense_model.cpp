// The cursor queue of queue/dense.hpp under Relacy: its own code (relacy_atomics.hpp).
//
// dense_model           must find nothing
// dense_model publish   the producer's store is relaxed: must be caught
// dense_model retire    the consumer's store is relaxed: must be caught
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "queue/dense.hpp"
#include "relacy_atomics.hpp"

namespace {

using tally::test::NoFault;

// Thread 0 is the producer.
struct WeakPublish : NoFault {
  static bool weak_store() { return rl::thread_index() == 0; }
};
struct WeakRetire : NoFault {
  static bool weak_store() { return rl::thread_index() == 1; }
};

constexpr unsigned kItems = 5;
constexpr std::size_t kCapacity = 2;  // so that every slot is used again

template <typename Fault>
struct DenseTest : rl::test_suite<DenseTest<Fault>, 2> {
  using Atomics = tally::test::RelacyAtomics<Fault>;
  std::optional<tally::queue::DensePair<unsigned, tally::queue::SpinWait, Atomics>> queue;

  void before() {
    // One cell before the last, so that runs are short.
    queue.emplace(
        tally::queue::make_dense<unsigned, tally::queue::SpinWait, Atomics>(kCapacity, 1).value());
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

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "";
  if (fault == "publish")
    return tally::test::is_clean<DenseTest<WeakPublish>>(true, 40'000) ? 1 : 0;
  if (fault == "retire") return tally::test::is_clean<DenseTest<WeakRetire>>(true, 40'000) ? 1 : 0;
  return tally::test::is_clean<DenseTest<NoFault>>(true, 40'000) ? 0 : 1;
}
