// Ends of a broadcast whose producer waits for its readers, killed or stopped after any
// instruction: a dead reader is in nobody's way, a reader that comes meanwhile is seen or never
// passed, and a producer's successor waits as the one before.
#include <algorithm>
#include <array>
#include <csignal>
#include <doctest/doctest.h>
#include <memory>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

#include "ring/broadcast_producer.hpp"
#include "ring/inspector.hpp"
#include "support/broadcast.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"
#include "support/step.hpp"

using tally::ring::BroadcastProducer;
using tally::ring::Options;
using tally::ring::PushResult;
using tally::test::Child;
using tally::test::fill;
using tally::test::gated;
using tally::test::kLargest;
using tally::test::numbered;
using tally::test::open_gated;
using tally::test::push_waiting;
using tally::test::RingName;
using tally::test::take_to_end;
using tally::test::Taker;

namespace {

// Lets a child go on that was brought to a point, or to its second mark. From a point it stops at
// that mark by itself.
void let_go_on(const Child& child, bool at_point) {
  ::ptrace(PTRACE_DETACH, child.pid(), nullptr, nullptr);
  if (!at_point) return;
  int status = 0;
  REQUIRE(::waitpid(child.pid(), &status, WUNTRACED) == child.pid());
  REQUIRE(WIFSTOPPED(status));
  child.send(SIGCONT);
}

// A gated broadcast, and a reader that has taken all there is.
struct Bench {
  explicit Bench(const RingName& name)
      : producer(open_gated(name)), lives(std::make_unique<Taker>(name.str())) {
    fill(producer, 9);
    REQUIRE(lives->take_all());
  }
  BroadcastProducer producer;
  std::unique_ptr<Taker> lives;
};

// A reader that comes to a bench, between two marks.
template <typename Then>
Child start_coming(const RingName& name, Then then) {
  return Child([&name, then] {
    if (!tally::test::may_be_stepped()) return 77;
    tally::test::reach_step();
    Taker taker(name.str());
    tally::test::reach_step();
    return then(taker);
  });
}

// Where the coming of a second reader is interrupted: at every system call, and after every few
// instructions of those among which it says that it is attached.
class Coming {
 public:
  explicit Coming(const RingName& name) {
    int before = 0;
    for (int calls = 0;; ++calls) {
      ::unlink(name.path().c_str());
      const Bench bench(name);
      const Child child = start(name);
      if (!tally::test::reaches_mark(child.pid())) {
        tally::test::skip("this host does not allow ptrace");
      }
      if (!tally::test::makes_calls(child.pid(), calls)) break;
      points_.push_back({calls, 0});
      if (tally::ring::stat_ring(name.str()).value().more_readers.empty()) before = calls;
    }
    REQUIRE(before > 10);
    ::unlink(name.path().c_str());
    const Bench bench(name);
    const Child child = start(name);
    REQUIRE(tally::test::reaches_mark(child.pid()));
    REQUIRE(tally::test::makes_calls(child.pid(), before));
    REQUIRE(way_.walk(child.pid(), kInstructions) == kInstructions);
    for (int steps = 0; steps < kInstructions; steps += kStride) points_.push_back({before, steps});
  }

  // Behind the stop at the `calls`-th entry to, or exit from, a system call.
  struct Point {
    int calls;
    int steps;
  };
  [[nodiscard]] const std::vector<Point>& points() const { return points_; }
  // False when the second mark is before it.
  [[nodiscard]] bool lead(const Child& child, Point point) const {
    return tally::test::reaches_mark(child.pid()) &&
           tally::test::makes_calls(child.pid(), point.calls) &&
           (point.steps == 0 || way_.go(child.pid(), point.steps));
  }

 private:
  // A sanitizer makes some ten instructions of each.
  static constexpr int kStride = tally::test::kAddressSanitizer ? 60 : 3;
  static constexpr int kInstructions = tally::test::kAddressSanitizer ? 6000 : 600;

  static Child start(const RingName& name) {
    return start_coming(name, [](Taker&) { return 0; });
  }

  std::vector<Point> points_;
  tally::test::Way way_;
};

// Behind a reader that was killed: it holds up neither the producer nor who comes next, who is
// waited for; the other reader loses nothing.
void check_is_in_nobodys_way(const RingName& name, BroadcastProducer& producer, Taker& lives) {
  for (int i = 0; i < 20; ++i) {
    REQUIRE(fill(producer, 5) == 5);
    REQUIRE(lives.take_all());
  }
  REQUIRE(lives.reader.lost() == 0);
  REQUIRE(lives.taken == producer.number());
  REQUIRE(producer.stats().passed_readers <= 1);
  Taker next(name.str());
  REQUIRE(fill(producer) < 40);
  REQUIRE(next.take_all());
  REQUIRE(next.reader.number() == producer.number());
  const std::uint64_t lost = next.reader.lost();
  for (int i = 0; i < 10; ++i) {
    REQUIRE(lives.take_all());
    fill(producer);
    REQUIRE(next.take_all());
  }
  REQUIRE(next.reader.lost() == lost);
  REQUIRE(next.reader.number() == producer.number());
}

}  // namespace

TEST_SUITE_BEGIN("ring");

TEST_CASE("a gated producer killed after every single instruction") {
  tally::test::skip_where_steps_mislead();
  // It is full, waits in vain, gets room, and pushes two records.
  const RingName name("gate-step");
  const auto run_child = [&] {
    Options options = gated();
    options.wait = tally::queue::WaitPolicy::yield;
    auto producer = BroadcastProducer::open(name.str(), options);
    if (!producer || !tally::test::may_be_stepped()) return 77;
    std::array<tally::Bytes, 16> payloads;
    const std::uint64_t begin = producer->number();
    for (std::size_t i = 0; i < payloads.size(); ++i) payloads[i] = numbered(begin + i);
    tally::test::reach_step();
    std::size_t count = 0;
    while (count < payloads.size() &&
           producer->push(payloads[count], static_cast<std::uint16_t>(begin + count),
                          static_cast<std::uint16_t>((begin + count) * 3)) == PushResult::ok) {
      ++count;
    }
    if (count < 2 || count == payloads.size()) return 2;
    if (producer->wait_writable(kLargest, 1) != PushResult::timeout) return 3;
    tally::test::reach_step();
    return 0;
  };
  constexpr int kKills = tally::test::kAddressSanitizer ? 60 : 200;
  std::uint64_t least = 1000;
  std::uint64_t most = 0;
  tally::test::for_every_step(
      run_child,
      [&] {
        ::unlink(name.path().c_str());
        auto first = BroadcastProducer::open(name.str(), gated()).value();
        auto lazy = std::make_unique<Taker>(name.str());
        auto eager = std::make_unique<Taker>(name.str());
        // Half of what is there is to be given up.
        const std::uint64_t before = fill(first);
        REQUIRE(eager->take_all());
        REQUIRE(lazy->take(8));
        first.close();
        return [&, before, lazy = std::move(lazy), eager = std::move(eager)]() {
          REQUIRE(eager->take_all());
          least = std::min(least, eager->taken - before);
          most = std::max(most, eager->taken - before);
          auto successor = BroadcastProducer::open(name.str(), gated()).value();
          REQUIRE(successor.number() == eager->taken);
          // The one that lags holds the successor up as it did the one before.
          REQUIRE(fill(successor) < 40);
          for (int i = 0; i < 20; ++i) {
            REQUIRE(lazy->take_all());
            REQUIRE(eager->take_all());
            fill(successor);
          }
          REQUIRE(lazy->take_all());
          REQUIRE(eager->take_all());
          REQUIRE(eager->reader.lost() + lazy->reader.lost() == 0);
          REQUIRE(eager->taken == successor.number());
          REQUIRE(lazy->taken == successor.number());
        };
      },
      kKills);
  CHECK(least == 0);
  CHECK(most > 2);
}

TEST_CASE("a reader of a gated broadcast killed after every single instruction") {
  tally::test::skip_where_steps_mislead();
  // It reads, releases and leaves.
  const RingName name("gate-step-reader");
  const auto run_child = [&] {
    Taker taker(name.str());
    if (!tally::test::may_be_stepped()) return 77;
    tally::test::reach_step();
    if (!taker.take(2) || taker.reader.lost() != 0) return 2;
    taker.reader.close();
    for (int i = 0; i < 20; ++i) (void)::getppid();  // that some kills fall behind it
    tally::test::reach_step();
    return 0;
  };
  constexpr int kKills = tally::test::kAddressSanitizer ? 100 : 400;
  std::array<int, 2> outcomes{};
  tally::test::for_every_step(
      run_child,
      [&] {
        ::unlink(name.path().c_str());
        auto producer = BroadcastProducer::open(name.str(), gated()).value();
        fill(producer, 9);
        auto lives = std::make_unique<Taker>(name.str());
        return [&, producer = std::move(producer), lives = std::move(lives)]() mutable {
          REQUIRE(lives->take_all());
          check_is_in_nobodys_way(name, producer, *lives);
          ++outcomes[producer.stats().passed_readers];
        };
      },
      kKills);
  for (const int outcome : outcomes) CHECK(outcome > 0);
}

TEST_CASE("a reader of a gated broadcast killed after any instruction of its coming") {
  tally::test::skip_where_steps_mislead();
  const RingName name("gate-come-killed");
  std::array<int, 2> outcomes{};
  const Coming coming(name);
  for (const Coming::Point point : coming.points()) {
    ::unlink(name.path().c_str());
    Bench bench(name);
    {
      const Child child = start_coming(name, [](Taker&) { return 0; });
      (void)coming.lead(child, point);
    }
    check_is_in_nobodys_way(name, bench.producer, *bench.lives);
    ++outcomes[bench.producer.stats().passed_readers];
  }
  for (const int outcome : outcomes) CHECK(outcome > 20);
}

TEST_CASE("a reader that is stopped after any instruction of its coming loses nothing") {
  tally::test::skip_where_steps_mislead();
  const RingName name("gate-come-stopped");
  std::array<int, 2> outcomes{};
  const Coming coming(name);
  for (const Coming::Point point : coming.points()) {
    ::unlink(name.path().c_str());
    Bench bench(name);
    Child child = start_coming(name, [](Taker& taker) { return take_to_end(taker) ? 0 : 1; });
    const bool at_point = coming.lead(child, point);
    bool holds_up = false;
    for (int i = 0; i < 40 && !holds_up; ++i) {
      holds_up = fill(bench.producer, 5) < 5;
      REQUIRE(bench.lives->take_all());
    }
    ++outcomes[holds_up ? 1 : 0];
    let_go_on(child, at_point);
    for (int i = 0; i < 40; ++i) {
      REQUIRE(push_waiting(bench.producer, 5));
      REQUIRE(bench.lives->take_all());
    }
    REQUIRE(bench.lives->reader.lost() == 0);
    bench.producer.close();
    REQUIRE(child.reap() == 0);
  }
  for (const int outcome : outcomes) CHECK(outcome > 20);
}

TEST_CASE("a reader that comes after any instruction of a gated producer loses nothing") {
  tally::test::skip_where_steps_mislead();
  const RingName name("gate-stop-producer");
  const auto run_child = [&] {
    auto producer = BroadcastProducer::open(name.str(), gated());
    if (!producer || !tally::test::may_be_stepped()) return 77;
    const std::uint64_t number = producer->number();
    const tally::Bytes payload = numbered(number);
    tally::test::reach_step();
    const PushResult pushed = producer->push(payload, static_cast<std::uint16_t>(number),
                                             static_cast<std::uint16_t>(number * 3));
    tally::test::reach_step();
    if (pushed != PushResult::ok || !push_waiting(*producer, 100)) return 2;
    producer->close();
    return 0;
  };
  // A producer at its first mark, in a ring whose one reader has all that is there.
  const auto start = [&] {
    ::unlink(name.path().c_str());
    auto first = open_gated(name);
    auto lives = std::make_unique<Taker>(name.str());
    fill(first);
    REQUIRE(lives->take_all());
    first.close();
    Child child(run_child);
    if (!tally::test::reaches_mark(child.pid())) {
      tally::test::skip("this host does not allow ptrace");
    }
    return std::pair(std::move(child), std::move(lives));
  };
  tally::test::Way way;
  const int total = way.walk(start().first.pid(), tally::test::kMostSteps);
  REQUIRE(total > 200);
  for (const int steps : tally::test::points_of(way, total, 100)) {
    auto [child, lives] = start();
    const bool at_point = way.go(child.pid(), steps);
    Taker joins(name.str());
    let_go_on(child, at_point);
    bool lost_nothing = false;
    std::thread reads([&] { lost_nothing = take_to_end(joins); });
    REQUIRE(take_to_end(*lives));
    reads.join();
    REQUIRE(lost_nothing);
    REQUIRE(lives->reader.number() == joins.reader.number());
    REQUIRE(child.reap() == 0);
  }
}

TEST_SUITE_END();
