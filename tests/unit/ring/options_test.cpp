// The words after shm: and what is said about wrong ones.
#include "ring/options.hpp"

#include <doctest/doctest.h>
#include <string>
#include <unistd.h>

using tally::Code;
using tally::ring::check_name;
using tally::ring::parse_endpoint;

TEST_SUITE_BEGIN("ring");

TEST_CASE("a name alone asks for nothing") {
  const auto parsed = parse_endpoint("shm:requests").value();
  CHECK(parsed.name == "requests");
  CHECK_FALSE(parsed.options.slots.has_value());
  CHECK_FALSE(parsed.options.bytes.has_value());
  CHECK(full_of(parsed.options) == tally::ring::Full::block);
  CHECK(parsed.options.open_timeout_ns == 5'000'000'000);
}

TEST_CASE("every key is read") {
  const auto parsed = parse_endpoint(
                          "r.1_a-b,kind=spsc,slots=4096,bytes=1024,full=drop-new,wait=yield,"
                          "huge=2m,huge-strict,lock=yes,open-timeout=250ms,wait-peer")
                          .value();
  CHECK(parsed.name == "r.1_a-b");
  CHECK(parsed.options.slots == 4096);
  CHECK(parsed.options.bytes == 1024);
  CHECK(parsed.options.full == tally::ring::Full::drop_new);
  CHECK(parsed.options.wait == tally::queue::WaitPolicy::yield);
  CHECK(parsed.options.huge == tally::mem::HugeWish::two_mib);
  CHECK(parsed.options.huge_strict);
  CHECK(parsed.options.lock);
  CHECK(parsed.options.open_timeout_ns == 250'000'000);
  CHECK(parsed.options.wait_for_peer);
}

TEST_CASE("an unknown key is named with the nearest known one") {
  const auto refused = parse_endpoint("shm:a,slot=4");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::usage);
  CHECK(refused.error().message == "shm: unknown key 'slot'");
  CHECK(refused.error().hint == "did you mean slots?");
  CHECK(parse_endpoint("shm:a,colour=red").error().hint.find("keys are kind, slots") == 0);
  CHECK(parse_endpoint("shm:a,").error().message == "shm: unknown key ''");
}

TEST_CASE("a key that stands twice is refused with the same value or another") {
  for (const std::string keys :
       {"slots=64,slots=128", "slots=64,slots=64", "kind=spsc,slots=64,bytes=8,slots=64"}) {
    for (const std::string name : {"shm:a,", "a,", "memfd:/tmp/a,"}) {
      CAPTURE(name + keys);
      const auto refused = parse_endpoint(name + keys);
      REQUIRE_FALSE(refused.has_value());
      CHECK(refused.error().code == Code::usage);
      CHECK(refused.error().message == "shm: key slots stands twice");
      CHECK(refused.error().hint == "say slots once");
    }
  }
  CHECK(parse_endpoint("shm:a,huge-strict,huge-strict=no").error().message ==
        "shm: key huge-strict stands twice");
}

TEST_CASE("a wrong value is named with what the key takes") {
  for (const std::string value : {"slots=3",
                                  "slots=0",
                                  "slots=1",
                                  "slots=33554432",
                                  "slots=4k",
                                  "slots=",
                                  "slots=-8",
                                  "slots=99999999999999999999",
                                  "bytes=0",
                                  "bytes=65537",
                                  "full=maybe",
                                  "full=",
                                  "wait=now",
                                  "huge=4m",
                                  "huge-strict=perhaps",
                                  "open-timeout=5",
                                  "open-timeout=s",
                                  "open-timeout=2h",
                                  "open-timeout=4000s",
                                  "kind=many",
                                  "lock=2"}) {
    CAPTURE(value);
    const auto refused = parse_endpoint("shm:a," + value);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::usage);
    const auto key = value.substr(0, value.find('='));
    CHECK(refused.error().message.find("key " + key + " cannot be '") != std::string::npos);
    CHECK(refused.error().hint.find(key + " takes ") == 0);
  }
}

TEST_CASE("combinations that cannot be had are refused in words") {
  for (const std::string kind : {"spsc", "mpsc", "spmc", "mpmc", "bytes"}) {
    const auto refused = parse_endpoint("shm:a,full=drop-old,kind=" + kind);
    CHECK(refused.error().message.find("drop-old needs a reader") != std::string::npos);
    CHECK(refused.error().message.find("kind=" + kind) != std::string::npos);
  }
  CHECK(parse_endpoint("shm:a,kind=broadcast,slots=4").error().message.find("slots") !=
        std::string::npos);
  CHECK(parse_endpoint("shm:a,huge=off,huge-strict").error().code == Code::usage);
  tally::ring::Options options;
  options.slots = 5;
  CHECK(check_options(options).error().code == Code::usage);
  options = {};
  options.bytes = 0;
  CHECK(check_options(options).error().code == Code::usage);
}

TEST_CASE("dropping the oldest is what a broadcast does") {
  for (const std::string text : {"shm:a,full=drop-old", "shm:a,kind=broadcast"}) {
    const auto options = parse_endpoint(text).value().options;
    CHECK(options.form == tally::ring::SlotForm::broadcast);
    CHECK(full_of(options) == tally::ring::Full::drop_old);
  }
}

TEST_CASE("a broadcast waits or drops the new where that is asked for") {
  const auto waits = parse_endpoint("shm:a,kind=broadcast,full=block").value().options;
  CHECK(waits.form == tally::ring::SlotForm::broadcast);
  CHECK(full_of(waits) == tally::ring::Full::block);
  const auto drops = parse_endpoint("shm:a,full=drop-new,kind=broadcast").value().options;
  CHECK(full_of(drops) == tally::ring::Full::drop_new);
  // Without the kind the words mean a ring of slots, as ever.
  CHECK_FALSE(parse_endpoint("shm:a,full=block").value().options.form.has_value());
}

TEST_CASE("names stay inside their folder") {
  CHECK(check_name("a").has_value());
  CHECK(check_name(std::string(64, 'x')).has_value());
  for (const std::string& name :
       {std::string(), std::string(65, 'x'), std::string("a/b"), std::string("../x"),
        std::string(".hidden"), std::string("a b"), std::string("a\n"), std::string("a\0b", 3),
        std::string("caf\xc3\xa9")}) {
    CAPTURE(name);
    CHECK(check_name(name).error().code == Code::usage);
  }
  CHECK(tally::ring::ring_path("x") == "/dev/shm/tally." + std::to_string(::geteuid()) + ".x");
}

TEST_CASE("many producers share slots which one producer of the library does not take") {
  const auto options =
      parse_endpoint("shm:a,kind=mpsc,slots=64,bytes=100,full=drop-new").value().options;
  CHECK(options.form == tally::ring::SlotForm::claimed);
  CHECK(options.slots == 64);
  CHECK(tally::ring::check_one_consumer(options).has_value());
  CHECK(tally::ring::check_one_producer(options).error().message.find("kind=mpsc") !=
        std::string::npos);
  CHECK_FALSE(parse_endpoint("shm:a,kind=mpsc,bytes=65537").has_value());
}

TEST_SUITE_END();
