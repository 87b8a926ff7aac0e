// A consumer had taken a record whose producer was stopped between the record's stamp and its tail,
// and then waited for the next one without ever sleeping: a whole processor for as long as the
// other was stopped. So it did before a tail that promised what was not there.
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <doctest/doctest.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.hpp"
#include "ring/layout.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"
#include "support/ring_kinds.hpp"
#include "support/skip.hpp"
#include "support/step.hpp"

namespace ring = tally::ring;
using tally::core::monotonic_ns;
using tally::ring::PopResult;
using tally::test::ByteArea;
using tally::test::LeanSlots;
using tally::test::OneToMany;
using tally::test::OneToOne;
using tally::test::RingName;

namespace {

constexpr std::uint64_t kMillisecondNs = 1'000'000;
constexpr std::uint64_t kWaitNs = 300 * kMillisecondNs;

std::uint64_t processor_time_ns() {
  timespec used{};
  REQUIRE(::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used) == 0);
  return static_cast<std::uint64_t>(used.tv_sec) * 1'000'000'000 +
         static_cast<std::uint64_t>(used.tv_nsec);
}

// Waits in vain, and asleep: a look every ten milliseconds, not one after the other. The bound on
// time can only be missed by who works: others that have the processor make the wait longer, and
// what this thread uses of it less.
template <typename Consumer>
void check_sleeps(Consumer& consumer) {
  const std::uint64_t began_ns = monotonic_ns();
  const std::uint64_t used_ns = processor_time_ns();
  CHECK(consumer.wait_readable(began_ns + kWaitNs) == PopResult::timeout);
  CHECK(consumer.stats().sleeps.load() > 0);
  CHECK((processor_time_ns() - used_ns) * 4 < monotonic_ns() - began_ns);
}

// In the child: one record, in which it is stopped, and then another, which wakes the consumer.
template <typename Kind>
int push_on(const RingName& name) {
  auto producer = Kind::Producer::open(name.str(), Kind::options());
  if (!producer || !tally::test::may_be_stepped()) return 1;
  tally::test::reach_step();
  const bool pushed = Kind::push(*producer) && Kind::push(*producer);
  return pushed && producer->stats().wakes > 0 ? 0 : 2;
}

// Steps the child until its record can be taken, and leaves it there, stopped as by a job control.
template <typename Kind>
void stop_behind_stamp(pid_t pid, typename Kind::Consumer& consumer) {
  int steps = 0;
  while (!Kind::take(consumer)) {
    REQUIRE(tally::test::makes_step(pid));
    REQUIRE(++steps < tally::test::kMostSteps);
  }
  REQUIRE(::ptrace(PTRACE_DETACH, pid, nullptr, SIGSTOP) == 0);
  int status = 0;
  REQUIRE(::waitpid(pid, &status, WUNTRACED) == pid);
  REQUIRE(WIFSTOPPED(status));
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE_TEMPLATE("a consumer sleeps while its producer is stopped behind a stamp", Kind, OneToOne,
                   OneToMany, LeanSlots, ByteArea) {
  tally::test::skip_where_steps_mislead();
  const RingName name("regress-stopped");
  auto consumer = Kind::Consumer::open(name.str(), Kind::options()).value();
  tally::test::Child child([&] { return push_on<Kind>(name); });
  if (!tally::test::reaches_mark(child.pid())) tally::test::skip("this host does not allow ptrace");
  stop_behind_stamp<Kind>(child.pid(), consumer);
  check_sleeps(consumer);
  child.send(SIGCONT);
  PopResult waited = PopResult::ok;
  while (waited == PopResult::ok) {
    waited = consumer.wait_readable(monotonic_ns() + 10'000 * kMillisecondNs);
    if (waited == PopResult::ok) CHECK(Kind::take(consumer));
  }
  CHECK(waited == PopResult::closed);
  CHECK(child.reap() == 0);
}

TEST_CASE("a consumer sleeps behind lean records that were put and not committed") {
  const RingName name("regress-put");
  auto producer = ring::LeanProducer::open(name.str(), LeanSlots::options()).value();
  auto consumer = ring::LeanConsumer::open(name.str(), LeanSlots::options()).value();
  REQUIRE(producer.put({}));
  REQUIRE(LeanSlots::take(consumer));
  check_sleeps(consumer);
  producer.commit();
  CHECK(producer.stats().wakes == 1);
}

TEST_CASE_TEMPLATE("a consumer sleeps before a tail that is ahead of all records", Kind, OneToOne,
                   OneToMany, LeanSlots, ByteArea) {
  const RingName name("regress-ahead");
  auto producer = Kind::Producer::open(name.str(), Kind::options()).value();
  auto consumer = Kind::Consumer::open(name.str(), Kind::options()).value();
  REQUIRE(Kind::push(producer));
  REQUIRE(Kind::take(consumer));
  REQUIRE(tally::test::store_word(name.str(), offsetof(ring::Header, tail), 1024));
  check_sleeps(consumer);
}

TEST_SUITE_END();
