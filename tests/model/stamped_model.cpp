// The stamped algorithm of queue/stamped.hpp under Relacy: its own code (relacy_atomics.hpp), in
// the four kinds of queue, with two threads at an end for many, one of which gives a claim up.
//
// stamped_model KIND            must find nothing; KIND is spsc, mpsc, spmc or mpmc
// stamped_model KIND publish    a producer's stamp is stored relaxed: must be caught
// stamped_model KIND retire     a consumer's stamp is stored relaxed: must be caught
// stamped_model KIND read       stamps are read relaxed: must be caught
// stamped_model KIND exchange   two users may take one position: must be caught (many only)
// stamped_model KIND try_push   the first stamp that try_push() reads is read relaxed, which is the
//                               one of the quick way for one item: must be caught
// stamped_model KIND try_pop    the same of try_pop()
// stamped_model KIND pop        the stamps that pop() reads are read relaxed: must be caught
#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "planted.hpp"
#include "queue/queue.hpp"

#include "relacy_atomics.hpp"

namespace {

using tally::queue::Users;

constexpr unsigned users(Users end) {
  return end == Users::many ? 2 : 1;
}

// Which call a thread is in, and how many stamps it has read in it.
enum class Call { none, try_push, try_pop, pop };
struct Inside {
  Call call{};
  unsigned loads = 0;
};
std::array<Inside, 4> inside;

void enter(Call call) {
  inside[rl::thread_index()] = {call, 0};
}

// What is planted, chosen when the program runs: a class for each would take minutes to compile.
enum class Planted {
  nothing,
  publish,
  retire,
  read,
  exchange,
  read_try_push,
  read_try_pop,
  read_pop
};
Planted planted = Planted::nothing;

template <Users kProducers>
struct Fault {
  static bool weak_store() {
    const bool is_producer = rl::thread_index() < users(kProducers);
    return planted == (is_producer ? Planted::publish : Planted::retire);
  }
  static bool weak_load() {
    Inside& now = inside[rl::thread_index()];
    const bool is_first = ++now.loads == 1;
    switch (planted) {
      case Planted::read:
        return true;
      case Planted::read_try_push:
        return is_first && now.call == Call::try_push;
      case Planted::read_try_pop:
        return is_first && now.call == Call::try_pop;
      case Planted::read_pop:
        return now.call == Call::pop;
      default:
        return false;
    }
  }
  static bool torn_exchange() { return planted == Planted::exchange; }
};

constexpr unsigned kInterleavings = 20'000;

// What is searched whole for few threads, and what is tried at random, where slots are used again
// though there are runs.
struct Small {
  static constexpr unsigned kItems = 3;  // of each producer
  static constexpr std::size_t kCapacity = 2;
};
struct Large {
  static constexpr unsigned kItems = 8;
  static constexpr std::size_t kCapacity = 4;
};

template <Users kProducers, Users kConsumers, typename Size>
struct StampedTest : rl::test_suite<StampedTest<kProducers, kConsumers, Size>,
                                    static_cast<int>(users(kProducers) + users(kConsumers))> {
  using Atomics = tally::test::RelacyAtomics<Fault<kProducers>>;
  using Producer = tally::queue::Producer<unsigned, kProducers, tally::queue::SpinWait, Atomics>;
  using Consumer = tally::queue::Consumer<unsigned, kConsumers, tally::queue::SpinWait, Atomics>;
  static constexpr unsigned kItems = Size::kItems;
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
            Size::kCapacity, std::uint64_t{0} - 3)
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

  void push_one(Producer& producer, unsigned item) {
    for (bool pushed = false; !pushed; rl::yield(1, RL_INFO)) {
      enter(Call::try_push);
      pushed = producer.try_push(item);
    }
  }
  // Items one by one and in pairs; one position is given up before the second.
  void produce(unsigned index) {
    Producer& producer = *producers[index];
    const unsigned first = index * kItems;
    for (unsigned next = 0; next < kItems;) {
      if (next % 3 == 0) {
        push_one(producer, first + next++);
        enter(Call::none);
        if (index == 0 && next == 1) producer.claim(1).abort();
      } else {
        const std::array<unsigned, 2> items = {first + next, first + next + 1};
        const std::size_t count = std::min(2 - (next - 1) % 3, kItems - next);
        next += static_cast<unsigned>(producer.push(std::span<const unsigned>(items).first(count)));
        rl::yield(1, RL_INFO);
      }
    }
  }
  // One by one, and one or two at once.
  std::size_t take(Consumer& consumer, unsigned turn, std::span<unsigned> items) {
    enter(turn % 2 == 0 ? Call::try_pop : Call::pop);
    if (turn % 2 == 0) return consumer.try_pop(items[0]) ? 1 : 0;
    return consumer.pop(items.first(1 + turn / 2 % 2));
  }
  // Each item once, and those of a producer in its order.
  void consume(unsigned index) {
    std::array<unsigned, users(kProducers)> last{};
    for (unsigned turn = 0; taken(RL_INFO).load(rl::mo_relaxed) < kTotal; ++turn) {
      std::array<unsigned, 2> items{};
      const std::size_t got = take(*consumers[index], turn, items);
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

// Whether nothing was found, as it must be where nothing is planted, and only there.
template <Users kProducers, Users kConsumers>
bool search() {
  constexpr bool kOneProducer = kProducers == Users::one;
  constexpr bool kPair = kOneProducer && kConsumers == Users::one;
  return tally::test::is_clean<StampedTest<kProducers, kConsumers, Small>>(kOneProducer,
                                                                           kInterleavings) &&
         tally::test::is_clean<StampedTest<kProducers, kConsumers, Large>>(kPair, kInterleavings);
}

std::optional<bool> search_kind(std::string_view kind) {
  if (kind == "spsc") return search<Users::one, Users::one>();
  if (kind == "mpsc") return search<Users::many, Users::one>();
  if (kind == "spmc") return search<Users::one, Users::many>();
  if (kind == "mpmc") return search<Users::many, Users::many>();
  return std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  return tally::test::search_planted(argc, argv, planted,
                                     {{"publish", Planted::publish},
                                      {"retire", Planted::retire},
                                      {"read", Planted::read},
                                      {"exchange", Planted::exchange},
                                      {"try_push", Planted::read_try_push},
                                      {"try_pop", Planted::read_try_pop},
                                      {"pop", Planted::read_pop}},
                                     search_kind);
}
