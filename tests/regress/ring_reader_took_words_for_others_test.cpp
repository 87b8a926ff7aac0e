// A coordinator that reads a ring took full= in silence, though it means nothing to who reads; and
// a ring that is handed over, which has one producer, was opened as one of many.
#include <doctest/doctest.h>
#include <string>

#include "ring/mpsc_producer.hpp"
#include "ring/options.hpp"
#include "support/folder.hpp"

namespace ring = tally::ring;
using tally::Code;

TEST_SUITE_BEGIN("regress");

TEST_CASE("what a producer does when a ring is full is refused of its reader") {
  for (const std::string words :
       {"full=block", "full=drop-new", "kind=spsc,full=block", "kind=broadcast,full=drop-old",
        "full=drop-old,kind=broadcast", "kind=spsc,full=drop-old"}) {
    CAPTURE(words);
    for (const std::string place : {"shm:", "memfd:"}) {
      const auto refused = tally::ring::parse_reader_endpoint(place + "r," + words);
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().code == Code::usage);
      CHECK(refused.error().message == place + " full has no meaning for the side that reads");
      CHECK(refused.error().hint == "leave full out here, and say it where the ring is written");
    }
  }
  // The one word that names a kind, which a reader that speaks slots alone refuses as what it is.
  const auto parsed = ring::parse_reader_endpoint("shm:r,full=drop-old").value();
  CHECK(parsed.options.form == ring::SlotForm::broadcast);
  const auto slots_alone = ring::check_one_consumer(parsed.options);
  CHECK(slots_alone.error().message ==
        "shm: full=drop-old makes a broadcast, which is for tally-relay alone");
  CHECK(slots_alone.error().hint == "leave full and kind out");
  CHECK(ring::parse_reader_endpoint("shm:r,kind=mpsc,slots=64").has_value());
}

TEST_CASE("a ring of many producers cannot be handed over") {
  for (const bool reads : {false, true}) {
    const std::string text = "memfd:r,kind=mpsc";
    const auto refused = reads ? ring::parse_reader_endpoint(text) : ring::parse_endpoint(text);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::usage);
    CHECK(refused.error().message ==
          "memfd: kind=mpsc is for many producers, and a ring that is handed over has one");
    CHECK(refused.error().hint == "use shm:NAME, or leave kind out");
  }
  for (const std::string kind : {"spsc", "bytes", "lean", "broadcast"}) {
    CHECK(ring::parse_endpoint("memfd:r,kind=" + kind).has_value());
  }
  const tally::test::Folder folder;
  ring::Options options;
  options.place = ring::Place::handed;
  options.open_timeout_ns = 1'000'000;
  CHECK(ring::MpscProducer::open(folder.file("r"), options).error().code == Code::usage);
}

TEST_SUITE_END();
