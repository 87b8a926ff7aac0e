#include "bench/history.hpp"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "core/file.hpp"
#include "support/folder.hpp"

namespace bench = tally::bench;
using bench::HistoryEntry;
using tally::Code;

namespace {

HistoryEntry entry(const std::string& name, std::uint64_t time_ns, double median) {
  HistoryEntry made;
  made.time_ns = time_ns;
  made.label = "v1 \"quoted\"";
  made.host = "0123abcd";
  made.name = name;
  made.unit = "ns";
  made.mode = "near";
  made.median = median;
  made.p10 = median * 0.9;
  made.samples = 40;
  return made;
}

void put(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_SUITE_BEGIN("bench");

TEST_CASE("an entry that was written reads back") {
  const HistoryEntry written = entry("queue.spsc.rtt8", 1'700'000'000'000'000'000U, 110.25);
  CHECK(bench::parse_history_entry(bench::to_json(written)).value() == written);
}

TEST_CASE("an entry that lacks something is refused by the name of it") {
  const std::string whole = bench::to_json(entry("a", 1, 2));
  const auto without = [&](const std::string& part, const std::string& put_in) {
    std::string line = whole;
    line.replace(line.find(part), part.size(), put_in);
    return bench::parse_history_entry(line).error().message;
  };
  CHECK(without("\"case\"", "\"cas\"").find("'case'") != std::string::npos);
  CHECK(without("\"median\":2", "\"median\":0") == "member 'median' is not positive");
  CHECK(without("\"time_ns\":1", "\"time_ns\":-1") == "member 'time_ns' is negative");
  CHECK(without("history/1", "history/2").find("is not tally.bench.history/1") !=
        std::string::npos);
}

TEST_CASE("results without a positive median make no entry") {
  bench::ResultLine result;
  result.name = "a";
  result.unit = "ns";
  result.mode = "none";
  CHECK_FALSE(bench::history_entry(result, 1, "", "h"));
  result.numbers["median"] = 5;
  result.numbers["samples"] = 12;
  const auto made = bench::history_entry(result, 1, "", "h");
  REQUIRE(made);
  CHECK(made->median == 5);
  CHECK(made->samples == 12);
  CHECK_FALSE(made->p10);
}

TEST_CASE("a history grows at its end and reads back") {
  const tally::test::Folder folder;
  const std::string path = folder.file("h.jsonl");
  REQUIRE(bench::append_history(path, {}));
  CHECK(bench::read_history(path).value().entries.empty());
  REQUIRE(bench::append_history(path, {entry("a", 1, 10), entry("b", 1, 20)}));
  REQUIRE(bench::append_history(path, {entry("a", 2, 11)}));
  const auto history = bench::read_history(path).value();
  REQUIRE(history.entries.size() == 3);
  CHECK(history.entries[2] == entry("a", 2, 11));
  CHECK(history.skipped.empty());
}

TEST_CASE("a torn last line is skipped and the next one begins behind it") {
  const tally::test::Folder folder;
  const std::string path = folder.file("h.jsonl");
  const std::string whole = bench::to_json(entry("a", 1, 10)) + "\n";
  for (std::size_t cut = 1; cut + 1 < whole.size(); cut += 17) {
    put(path, whole + whole.substr(0, cut));
    const auto torn = bench::read_history(path).value();
    CHECK(torn.entries.size() == 1);
    REQUIRE(torn.skipped.size() == 1);
    CHECK(torn.skipped[0] == path + ":2: torn, skipped");
    REQUIRE(bench::append_history(path, {entry("b", 2, 20)}));
    const auto healed = bench::read_history(path).value();
    CHECK(healed.entries.size() == 2);
    CHECK(healed.skipped.size() == 1);
    CHECK(healed.entries[1] == entry("b", 2, 20));
  }
}

TEST_CASE("a history whose only line is torn is gone on with") {
  const tally::test::Folder folder;
  const std::string path = folder.file("h.jsonl");
  put(path, bench::to_json(entry("a", 1, 10)).substr(0, 40));
  CHECK_FALSE(bench::read_history(path));
  REQUIRE(bench::append_history(path, {entry("b", 2, 20)}));
  CHECK(bench::read_history(path).value().entries.size() == 1);
}

TEST_CASE("a file of another kind is refused and stays as it is") {
  const tally::test::Folder folder;
  for (const char* text : {"hello\n", "{\"schema\":\"tally.bench.result/1\"}\n", "key = 1", "\n"}) {
    const std::string path = folder.file("other");
    put(path, text);
    const auto refused = bench::append_history(path, {entry("a", 1, 10)});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::bad_data);
    CHECK(tally::core::read_file(path).value() == text);
  }
  CHECK(bench::append_history("/dev/null", {}).error().code == Code::bad_data);
  CHECK(bench::append_history(folder.file("no/such"), {}).error().code == Code::cannot_create);
}

TEST_CASE("lines of writers at the same time stay whole") {
  const tally::test::Folder folder;
  const std::string path = folder.file("h.jsonl");
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer)
    writers.emplace_back([&path, writer] {
      for (std::uint64_t i = 0; i < 25; ++i)
        static_cast<void>(bench::append_history(path, {entry(std::to_string(writer), i, 1)}));
    });
  for (std::thread& writer : writers) writer.join();
  const auto history = bench::read_history(path).value();
  CHECK(history.entries.size() == 100);
  CHECK(history.skipped.empty());
  CHECK(bench::series_of(history.entries).size() == 4);
}

TEST_CASE("a series is of one case mode and host in the order of time") {
  HistoryEntry elsewhere = entry("a", 3, 5);
  elsewhere.host = "ffffffff";
  const auto all =
      bench::series_of({entry("b", 1, 1), entry("a", 9, 2), entry("a", 4, 3), elsewhere});
  REQUIRE(all.size() == 3);
  CHECK(all[0].name == "a");
  REQUIRE(all[0].entries.size() == 2);
  CHECK(all[0].entries[0].time_ns == 4);
  CHECK(all[1].host == "ffffffff");
  CHECK(all[2].name == "b");
}
