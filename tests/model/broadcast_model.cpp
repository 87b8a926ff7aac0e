// The broadcast queue of queue/broadcast.hpp under Relacy: its own code (relacy_atomics.hpp), with
// one reader from the start and one that is cloned from it while the producer runs.
//
// broadcast_model KIND           must find nothing; KIND is lossy or gated
// broadcast_model KIND publish   the producer's stores are relaxed: must be caught
// broadcast_model KIND read      the readers' loads are relaxed: must be caught
// broadcast_model gated retire   the readers' stores are relaxed, so that the producer may see a
//                                reader gone on and miss its clone: must be caught
#include <cstdint>
#include <optional>
#include <string_view>

#include "queue/broadcast.hpp"

#include "relacy_atomics.hpp"

namespace {

using tally::queue::Pace;
using tally::test::NoFault;

// Thread 0 is the producer.
struct Publish : NoFault {
  static bool weak_store() { return rl::thread_index() == 0; }
};
struct Read : NoFault {
  static bool weak_load() { return rl::thread_index() != 0; }
};
struct Retire : NoFault {
  static bool weak_store() { return rl::thread_index() != 0; }
};

constexpr std::uint64_t kItems = 5;
constexpr std::size_t kCapacity = 2;  // so that every slot is used again
// Near the wrap of the positions, so that the model passes it.
constexpr std::uint64_t kStart = std::uint64_t{0} - 3;

// Two words, of which one may be torn away.
struct Item {
  std::uint64_t number;
  std::uint64_t again;
};

// A word is zero at first, as an atomic of C++20 is and Relacy's is not: what is read too early is
// met by the assertions, and not by the first look at a word that nobody has stored. No item is
// zero.
template <typename Fault>
struct ZeroedAtomics : tally::test::RelacyAtomics<Fault> {
  template <typename T>
  struct Atomic : rl::atomic<T> {
    Atomic(T value = T{}) : rl::atomic<T>(value) {}  // NOLINT(google-explicit-constructor)
  };
};

template <Pace kPace, typename Fault>
struct BroadcastTest : rl::test_suite<BroadcastTest<kPace, Fault>, 2> {
  using Atomics = ZeroedAtomics<Fault>;
  using Wait = tally::queue::SpinWait;
  using Reader = tally::queue::BroadcastReader<Item, kPace, Wait, Atomics>;
  std::optional<tally::queue::Broadcast<Item, kPace, Wait, Atomics>> queue;

  void before() {
    queue.emplace(
        tally::queue::make_broadcast<Item, kPace, Wait, Atomics>(kCapacity, kStart).value());
  }
  void after() { queue.reset(); }

  void produce() {
    for (std::uint64_t i = 0; i < kItems; ++i) {
      while (!queue->producer.try_push({i + 1, i + 1})) rl::yield(1, RL_INFO);
    }
  }
  // Every position is read, and then it is whole and the right one, or it is lost.
  static void read(Reader& reader, std::uint64_t& seen) {
    Item item{};
    if (reader.try_pop(item)) {
      ++seen;
      RL_ASSERT(item.number == item.again);
      RL_ASSERT(item.number == reader.position() - kStart);
    }
    RL_ASSERT(reader.position() - kStart == seen + reader.lost());
    RL_ASSERT(kPace == Pace::lossy || reader.lost() == 0);
  }
  void consume() {
    Reader& first = queue->reader;
    std::optional<Reader> second;
    std::uint64_t seen = 0;
    std::uint64_t seen_by_second = 0;
    while (first.position() - kStart < kItems) {
      read(first, seen);
      if (!second && seen == 1) {
        seen_by_second = first.position() - kStart;  // what came before counts as seen
        second.emplace(first.clone().value());
        read(first, seen);
      }
      rl::yield(1, RL_INFO);
      if (second) read(*second, seen_by_second);
    }
    while (second && second->position() - kStart < kItems) {
      read(*second, seen_by_second);
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

template <Pace kPace>
int run(std::string_view fault) {
  constexpr unsigned kInterleavings = 40'000;
  const auto caught = [](bool clean) { return clean ? 1 : 0; };
  if (fault == "publish")
    return caught(tally::test::is_clean<BroadcastTest<kPace, Publish>>(false, kInterleavings));
  if (fault == "read")
    return caught(tally::test::is_clean<BroadcastTest<kPace, Read>>(false, kInterleavings));
  if (fault == "retire")
    return caught(tally::test::is_clean<BroadcastTest<kPace, Retire>>(false, kInterleavings));
  return tally::test::is_clean<BroadcastTest<kPace, NoFault>>(false, kInterleavings) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view kind = argc > 1 ? argv[1] : "";
  const std::string_view fault = argc > 2 ? argv[2] : "none";
  if (kind == "lossy") return run<Pace::lossy>(fault);
  if (kind == "gated") return run<Pace::gated>(fault);
  return 2;
}
