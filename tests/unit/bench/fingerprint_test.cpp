#include "bench/fingerprint.hpp"

#include <doctest/doctest.h>
#include <string>

#include "json/value.hpp"

namespace bench = tally::bench;

namespace {

bench::Fingerprint sample() {
  return {"Some CPU", "6.1.0", "", "tsc", "KVMKVMKVM", "t0003", 8};
}

std::string json_of(const bench::Fingerprint& host) {
  tally::json::Writer writer;
  bench::write_fingerprint(writer, host);
  return writer.take();
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("a fingerprint reads back and equal ones have no difference") {
  const auto value = tally::json::parse(json_of(sample())).value();
  CHECK(bench::parse_fingerprint(value).value() == sample());
  CHECK(bench::differences(sample(), sample()).empty());
  CHECK(bench::id_of(sample()).size() == 8);
}

TEST_CASE("each field that differs is named and changes the id") {
  const auto check = [](const bench::Fingerprint& other, const char* words) {
    const auto found = bench::differences(sample(), other);
    REQUIRE(found.size() == 1);
    CHECK(found[0] == words);
    CHECK(bench::id_of(other) != bench::id_of(sample()));
  };
  bench::Fingerprint other = sample();
  other.kernel = "6.5.0";
  check(other, "kernel (6.1.0 there, 6.5.0 here)");
  other = sample();
  other.governor = "powersave";
  check(other, "governor (none there, powersave here)");
  other = sample();
  other.tuned.clear();
  check(other, "tuned (t0003 there, none here)");
  other = sample();
  other.cpus = 2;
  check(other, "cpus (8 there, 2 here)");
}

TEST_CASE("a fingerprint that lacks a field is refused") {
  std::string text = json_of(sample());
  text.replace(text.find("\"kernel\""), 8, "\"krenel\"");
  CHECK(bench::parse_fingerprint(tally::json::parse(text).value()).error().message ==
        "member 'kernel' is missing");
  text = json_of(sample());
  text.replace(text.find("\"cpus\":8"), 8, "\"cpus\":-1");
  CHECK_FALSE(bench::parse_fingerprint(tally::json::parse(text).value()).has_value());
}

TEST_CASE("the host has a fingerprint that does not change by itself") {
  const auto look = [] {
    return bench::fingerprint_of(bench::probe_environment(), bench::hypervisor_name(), "");
  };
  CHECK(look() == look());
  CHECK_FALSE(look().kernel.empty());
  CHECK(look().cpus >= 1);
}
