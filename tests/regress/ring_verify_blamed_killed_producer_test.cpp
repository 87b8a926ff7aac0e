// A producer that was killed between the stamp of a record and its tail, and a consumer that had
// taken the record and ended: ring verify called such a ring astray.
#include <csignal>
#include <cstddef>
#include <doctest/doctest.h>

#include "ring/consumer.hpp"
#include "ring/layout.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "ring/verify.hpp"
#include "support/child.hpp"
#include "support/ring.hpp"

namespace {

using namespace tally::ring;  // NOLINT(google-build-using-namespace): what is tested

// Pushes three records and takes `taken` of them, as if the tail of the last two had not been
// stored, and is killed.
template <typename End>
Verdict verdict_behind(const std::string& name, SlotForm form, int taken) {
  Options options;
  options.form = form;
  options.slots = 4;
  options.bytes = 64;
  tally::test::Child child([&] {
    auto producer = Producer::open(name, options).value();
    auto consumer = End::open(name, options).value();
    RecordMeta meta;
    for (int i = 0; i < 3; ++i) {
      if (!producer.try_push({}, {})) return 1;
    }
    for (int i = 0; i < taken; ++i) {
      if (!consumer.try_pop(meta, {})) return 2;
    }
    if (!tally::test::store_word(name, offsetof(Header, tail), 1)) return 3;
    ::raise(SIGKILL);
    return 0;
  });
  REQUIRE(child.reap() == -SIGKILL);
  return verify_ring(name).value();
}

}  // namespace

TEST_SUITE_BEGIN("regress");

TEST_CASE("a ring whose producer was killed before it stored its tail is whole") {
  for (int taken = 0; taken <= 3; ++taken) {
    CAPTURE(taken);
    const tally::test::RingName one("regress-tail-one");
    const Verdict of_one = verdict_behind<Consumer>(one.str(), SlotForm::stamped_fixed, taken);
    CHECK(of_one.findings.empty());
    CHECK(of_one.records == static_cast<std::uint64_t>(3 - taken));
    const tally::test::RingName many("regress-tail-many");
    const Verdict of_many = verdict_behind<SpmcConsumer>(many.str(), SlotForm::shared_out, taken);
    CHECK(of_many.findings.empty());
    CHECK(of_many.records == static_cast<std::uint64_t>(3 - taken));
  }
}

TEST_SUITE_END();
