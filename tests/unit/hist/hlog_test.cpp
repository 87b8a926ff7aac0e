#include "hist/hlog.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

#include "core/base64.hpp"
#include "hist/packed.hpp"

using tally::Status;
using tally::hist::Histogram;
using tally::hist::hlog_head;
using tally::hist::hlog_line;
using tally::hist::LogInterval;
using tally::hist::read_hlog;

namespace {

std::vector<LogInterval> intervals_of(const std::string& text) {
  std::vector<LogInterval> intervals;
  const auto read = read_hlog(text, [&](const LogInterval& interval) -> Status {
    intervals.push_back(interval);
    return {};
  });
  CHECK(read.has_value());
  return intervals;
}

std::string words_of(const std::string& text) {
  const auto read = read_hlog(text, [](const LogInterval&) -> Status { return {}; });
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == tally::Code::bad_data);
  return read.error().message;
}

std::string packed(std::uint64_t value) {
  Histogram histogram;
  histogram.record(value);
  return tally::core::to_base64(tally::hist::pack(histogram));
}

constexpr std::uint64_t kStart = 1'700'000'000'250'000'000;

}  // namespace

TEST_SUITE_BEGIN("hist");

TEST_CASE("a log comes back with its tags and times") {
  LogInterval first{"", kStart, 1'000'000'000, {}};
  first.histogram.record(1234, 5);
  LogInterval second{"corrected", kStart + 1'500'000'000, 250'000'000, {}};
  second.histogram.record(99'000'000);
  const std::string text =
      hlog_head(kStart, "one\ntwo") + hlog_line(first, kStart) + hlog_line(second, kStart);
  CHECK(text.starts_with(
      "#[Histogram log format version 1.3]\n#one\n#two\n"
      "#[StartTime: 1700000000.250 (seconds since epoch), Tue Nov 14 22:13:20 UTC 2023]\n"
      "#[BaseTime: 1700000000.250 (seconds since epoch)]\n\"StartTimestamp\""));
  CHECK(text.find("\nTag=corrected,1.500000,0.250000,99.0") != std::string::npos);
  CHECK(tally::hist::looks_like_hlog(text));
  const auto again = intervals_of(text);
  REQUIRE(again.size() == 2);
  CHECK(again[0].tag.empty());
  CHECK(again[0].start_ns == kStart);
  CHECK(again[0].length_ns == 1'000'000'000);
  CHECK(again[0].histogram.count() == 5);
  CHECK(again[1].tag == "corrected");
  CHECK(again[1].start_ns == kStart + 1'500'000'000);
  CHECK(again[1].histogram.count() == 1);
}

TEST_CASE("times without a base count from the start when they are small and from 1970 when not") {
  const std::string interval = "1.000,2.000,0.001," + packed(7) + "\n";
  CHECK(intervals_of("#[StartTime: 1700000000.000 (seconds)]\n" + interval)[0].start_ns ==
        1'700'000'001'000'000'000);
  CHECK(intervals_of(interval)[0].start_ns == 1'000'000'000);
  const std::string absolute = "1700000005.000,2.000,0.001," + packed(7) + "\r\n";
  CHECK(intervals_of("#[StartTime: 1700000000.000 (seconds)]\n" + absolute)[0].start_ns ==
        1'700'000'005'000'000'000);
}

TEST_CASE("a malformed line of a log is named") {
  CHECK(words_of("#[Histogram log]\n1.0,2.0\n").starts_with("line 2: not an interval"));
  CHECK(words_of("x,2.0,3.0," + packed(7)).starts_with("line 1: not an interval"));
  CHECK(words_of("-1,2.0,3.0," + packed(7)).starts_with("line 1: not an interval"));
  CHECK(words_of("1e300,2.0,3.0," + packed(7)).starts_with("line 1: not an interval"));
  CHECK(words_of("1.0,2.0,3.0,HIST") == "line 1: not a compressed HdrHistogram of version 2");
  CHECK(words_of("1.0,2.0,3.0,*") == "line 1: base64 of 1 characters");
  CHECK(words_of("#[StartTime: soon]\n") == "line 1: '#[StartTime: ' has no time");
}

TEST_CASE("an error of the visitor ends the reading") {
  const auto read = read_hlog("1.0,2.0,3.0," + packed(7), [](const LogInterval&) -> Status {
    return tally::fail(tally::Code::io, "enough");
  });
  CHECK(read.error().message == "line 1: enough");
}

TEST_CASE("a percentile distribution is as HdrHistogram prints it") {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 4; ++value) histogram.record(value * 1000);
  CHECK(tally::hist::to_hgrm(histogram) ==
        "       Value     Percentile TotalCount 1/(1-Percentile)\n\n"
        "       1.000 0.000000000000          1           1.00\n"
        "       1.000 0.100000000000          1           1.11\n"
        "       1.000 0.200000000000          1           1.25\n"
        "       2.000 0.300000000000          2           1.43\n"
        "       2.000 0.400000000000          2           1.67\n"
        "       2.000 0.500000000000          2           2.00\n"
        "       3.001 0.550000000000          3           2.22\n"
        "       3.001 0.600000000000          3           2.50\n"
        "       3.001 0.650000000000          3           2.86\n"
        "       3.001 0.700000000000          3           3.33\n"
        "       3.001 0.750000000000          3           4.00\n"
        "       4.001 0.775000000000          4           4.44\n"
        "       4.001 1.000000000000          4\n"
        "#[Mean    =        2.501, StdDeviation   =        1.118]\n"
        "#[Max     =        4.001, Total count    =            4]\n"
        "#[Buckets =           32, SubBuckets     =         2048]\n");
}

TEST_CASE("an empty percentile distribution has no line") {
  CHECK(tally::hist::to_hgrm({}).find("\n\n#[Mean    =        0.000") != std::string::npos);
}

TEST_SUITE_END();
