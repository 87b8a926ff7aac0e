// The stamped algorithm of queue/stamped.hpp under Relacy: its own code (relacy_atomics.hpp), in
// the four kinds of queue, with two threads at an end for many, one of which gives a claim up.
//
// stamped_model KIND            must find nothing; KIND is spsc, mpsc, spmc or mpmc
// stamped_model KIND publish    a producer's stamp is stored relaxed: must be caught
// stamped_model KIND retire     a consumer's stamp is stored relaxed: must be caught
// stamped_model KIND read       stamps are read relaxed: must be caught
// stamped_model KIND exchange   two users may take one position: must be caught (many only)
#include <array>
#include <optional>
#include <string_view>

#include "queue/queue.hpp"
#include "relacy_atomics.hpp"

namespace {

using tally::queue::Users;
using tally::test::NoFault;

constexpr unsigned users(Users end) {
  return end == Users::many ? 2 : 1;
}

template <Users kProducers>
struct Faults {
  static bool is_producer() { return rl::thread_index() < users(kProducers); }
  struct Publish : NoFault {
    static bool weak_store() { return is_producer(); }
  };
  struct Retire : NoFault {
    static bool weak_store() { return !is_producer(); }
  };
  struct Read : NoFault {
    static bool weak_load() { return true; }
  };
  struct Exchange : NoFault {
    static bool torn_exchange() { return true; }
  };
};

constexpr unsigned kItems = 3;  // of each producer
constexpr unsigned kInterleavings = 20'000;
constexpr std::size_t kCapacity = 2;  // so that every slot is used again

template <Users kProducers, Users kConsumers, typename Fault>
struct StampedTest : rl::test_suite<StampedTest<kProducers, kConsumers, Fault>,
                                    static_cast<int>(users(kProducers) + users(kConsumers))> {
  using Atomics = tally::test::RelacyAtomics<Fault>;
  using Producer = tally::queue::Producer<unsigned, kProducers, tally::queue::SpinWait, Atomics>;
  using Consumer = tally::queue::Consumer<unsigned, kConsumers, tally::queue::SpinWait, Atomics>;
  static constexpr unsigned kTotal = kItems * users(kProducers);

  std::array<std::optional<Producer>, users(kProducers)> producers;
  std::array<std::optional<Consumer>, users(kConsumers)> consumers;
  rl::atomic<unsigned> taken;
  std::array<rl::atomic<unsigned>, kTotal> seen;

  void before() {
    taken(RL_INFO).store(0, rl::mo_relaxed);
    for (auto& count : seen) count(RL_INFO).store(0, rl::mo_relaxed);
    // Near the wrap of the positions, so that the model passes it.
    auto queue =
        tally::queue::make_queue<unsigned, kProducers, kConsumers, tally::queue::SpinWait, Atomics>(
            kCapacity, std::uint64_t{0} - 3)
            .value();
    if constexpr (kProducers == Users::many) producers[1].emplace(queue.producer.clone());
    if constexpr (kConsumers == Users::many) consumers[1].emplace(queue.consumer.clone());
    producers[0].emplace(std::move(queue.producer));
    consumers[0].emplace(std::move(queue.consumer));
  }
  void after() {
    for (auto& count : seen) RL_ASSERT(count(RL_INFO).load(rl::mo_relaxed) == 1);
    for (auto& producer : producers) producer.reset();
    for (auto& consumer : consumers) consumer.reset();
  }

  // The last two items as a span; one position is given up before them.
  void produce(unsigned index) {
    Producer& producer = *producers[index];
    const unsigned first = index * kItems;
    while (!producer.try_push(first)) rl::yield(1, RL_INFO);
    if (index == 0) producer.claim(1).abort();
    const std::array<unsigned, 2> rest = {first + 1, first + 2};
    for (std::size_t done = 0; done < rest.size(); rl::yield(1, RL_INFO))
      done += producer.push(std::span<const unsigned>(rest).subspan(done));
  }
  // Each item once, and those of a producer in its order.
  void consume(unsigned index) {
    std::array<unsigned, users(kProducers)> last{};
    while (taken(RL_INFO).load(rl::mo_relaxed) < kTotal) {
      std::array<unsigned, 2> items{};
      const std::size_t got = consumers[index]->pop(items);
      for (std::size_t i = 0; i < got; ++i) {
        RL_ASSERT(items[i] < kTotal);
        const unsigned from = items[i] / kItems;
        RL_ASSERT(last[from] <= items[i] % kItems);
        last[from] = items[i] % kItems + 1;
        seen[items[i]](RL_INFO).fetch_add(1, rl::mo_relaxed);
      }
      if (got != 0) taken(RL_INFO).fetch_add(static_cast<unsigned>(got), rl::mo_relaxed);
      rl::yield(1, RL_INFO);
    }
  }
  void thread(unsigned index) {
    if (index < users(kProducers)) {
      produce(index);
    } else {
      consume(index - users(kProducers));
    }
  }
};

template <Users kProducers, Users kConsumers, typename Fault>
bool search() {
  return tally::test::is_clean<StampedTest<kProducers, kConsumers, Fault>>(kProducers == Users::one,
                                                                           kInterleavings);
}

template <Users kProducers, Users kConsumers>
int run(std::string_view fault) {
  using Planted = Faults<kProducers>;
  const auto caught = [](bool clean) { return clean ? 1 : 0; };
  if (fault == "publish")
    return caught(search<kProducers, kConsumers, typename Planted::Publish>());
  if (fault == "retire") return caught(search<kProducers, kConsumers, typename Planted::Retire>());
  if (fault == "read") return caught(search<kProducers, kConsumers, typename Planted::Read>());
  if (fault == "exchange")
    return caught(search<kProducers, kConsumers, typename Planted::Exchange>());
  return search<kProducers, kConsumers, NoFault>() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "";
  const std::string_view fault = argc > 2 ? argv[2] : "none";
  if (kind == "spsc") return run<Users::one, Users::one>(fault);
  if (kind == "mpsc") return run<Users::many, Users::one>(fault);
  if (kind == "spmc") return run<Users::one, Users::many>(fault);
  if (kind == "mpmc") return run<Users::many, Users::many>(fault);
  return 2;
}
