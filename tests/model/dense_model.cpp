// The cursor queue of queue/dense.hpp under Relacy: its own code (relacy_atomics.hpp).
//
// dense_model           must find nothing
// dense_model publish   the producer's store is relaxed: must be caught
// dense_model retire    the consumer's store is relaxed: must be caught
//
// The same in one of the ways alone that do not ask the other side how far it is, so that a model
// which never came there finds nothing:
//
// dense_model try_push | push | try_pop | pop
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "queue/dense.hpp"

#include "relacy_atomics.hpp"

namespace {

using tally::test::NoFault;

// Which call a thread is in, and whether it has read the other side's cursor in it.
enum class Call { try_push, push, try_pop, pop };
struct Inside {
  Call call{};
  bool has_looked = false;
};
std::array<Inside, 2> inside;

void enter(Call call) {
  inside[rl::thread_index()] = {call, false};
}

// Thread 0 is the producer.
struct WeakPublish : NoFault {
  static bool weak_store() { return rl::thread_index() == 0; }
};
struct WeakRetire : NoFault {
  static bool weak_store() { return rl::thread_index() == 1; }
};
template <Call kCall>
struct WeakQuickly : NoFault {
  static bool weak_load() {
    inside[rl::thread_index()].has_looked = true;
    return false;
  }
  static bool weak_store() {
    const Inside& now = inside[rl::thread_index()];
    return now.call == kCall && !now.has_looked;
  }
};

constexpr unsigned kItems = 9;
constexpr std::size_t kCapacity = 4;  // so that there are runs, and every slot is used again

template <typename Fault>
struct DenseTest : rl::test_suite<DenseTest<Fault>, 2> {
  using Atomics = tally::test::RelacyAtomics<Fault>;
  std::optional<tally::queue::DensePair<unsigned, tally::queue::SpinWait, Atomics>> queue;

  void before() {
    // One cell before the last, so that the first run is short.
    queue.emplace(tally::queue::make_dense<unsigned, tally::queue::SpinWait, Atomics>(kCapacity,
                                                                                      kCapacity - 1)
                      .value());
  }
  void after() { queue.reset(); }

  // Items in spans and one by one behind them, as the room allows.
  void produce() {
    unsigned next = 0;
    for (unsigned turn = 0; next < kItems; ++turn) {
      if (turn % 3 == 0) {
        const std::array<unsigned, 2> items = {next, next + 1};
        const std::size_t room = std::min<std::size_t>(2, kItems - next);
        enter(Call::push);
        next += static_cast<unsigned>(
            queue->producer.push(std::span<const unsigned>(items).first(room)));
      } else {
        enter(Call::try_push);
        if (queue->producer.try_push(next)) ++next;
      }
      rl::yield(1, RL_INFO);
    }
  }
  // Several one by one, of which the later ones find a run, and then one or two at once. One cell
  // behind the consumer stays empty, so that a store is told by the next one only.
  void consume() {
    unsigned next = 0;
    for (unsigned turn = 0; next < kItems; ++turn) {
      std::array<unsigned, 2> items{};
      std::size_t got = 0;
      if (turn % 4 != 3) {
        enter(Call::try_pop);
        got = queue->consumer.try_pop(items[0]) ? 1 : 0;
      } else {
        enter(Call::pop);
        got = queue->consumer.pop(std::span<unsigned>(items).first(1 + turn / 4 % 2));
      }
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

template <typename Fault>
bool search() {
  return tally::test::is_clean<DenseTest<Fault>>(true, 40'000);
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view fault = argc > 1 ? argv[1] : "none";
  const auto caught = [](bool clean) { return clean ? 1 : 0; };
  if (fault == "none") return search<NoFault>() ? 0 : 1;
  if (fault == "publish") return caught(search<WeakPublish>());
  if (fault == "retire") return caught(search<WeakRetire>());
  if (fault == "try_push") return caught(search<WeakQuickly<Call::try_push>>());
  if (fault == "push") return caught(search<WeakQuickly<Call::push>>());
  if (fault == "try_pop") return caught(search<WeakQuickly<Call::try_pop>>());
  if (fault == "pop") return caught(search<WeakQuickly<Call::pop>>());
  return 2;
}
