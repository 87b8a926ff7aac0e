#include "hops.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace tally::bench_tool;
using tally::Code;

namespace {

// A file that goes with the test.
class Written {
 public:
  Written(const std::string& name, const std::string& content)
      : folder_(std::filesystem::temp_directory_path() /
                ("tally-hops-" + std::to_string(getpid()))),
        path_((folder_ / name).string()) {
    std::filesystem::create_directories(folder_);
    std::ofstream(path_) << content;
  }
  ~Written() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Written(const Written&) = delete;
  Written& operator=(const Written&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::filesystem::path folder_;
  std::string path_;
};

}  // namespace

TEST_SUITE_BEGIN("pipeline");

TEST_CASE("hops are read with the name of their file before them") {
  const Written file("relay-in.json",
                     R"({"schema":"tally.stats/1","tool":"tally-relay","final":true,"hops":[)"
                     R"({"name":"udp_to_ring","count":10000,"p50_ns":1200,"p99_ns":5000,)"
                     R"("p999_ns":9000,"p9999_ns":9900,"max_ns":12345},)"
                     R"({"name":"idle","count":0,"p50_ns":null,"max_ns":0}],"counts":{}})"
                     "\n");
  const auto rows = read_hops(file.path());
  REQUIRE(rows.has_value());
  REQUIRE(rows->size() == 2);
  CHECK(rows->at(0).name == "relay-in: udp_to_ring");
  CHECK(rows->at(0).count == 10000);
  CHECK(rows->at(0).p50_ns.value() == 1200);
  CHECK(rows->at(0).p999_ns.value() == 9000);
  CHECK_FALSE(rows->at(0).p9999_ns);  // one value lies beyond it
  CHECK(rows->at(0).max_ns.value() == 12345);
  CHECK_FALSE(rows->at(1).p50_ns);
  CHECK_FALSE(rows->at(1).max_ns);
}

TEST_CASE("of several lines the last counts") {
  const Written file("periodic.json",
                     R"({"schema":"tally.stats/1","hops":[{"name":"sign","count":1,"max_ns":5}]})"
                     "\n\n"
                     R"({"schema":"tally.stats/1","hops":[{"name":"sign","count":2,"max_ns":7}]})"
                     "\n");
  const auto rows = read_hops(file.path()).value();
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].count == 2);
}

TEST_CASE("what is no statistics file is refused by name and line") {
  for (const char* bad :
       {"{", "{\"schema\":\"other/1\",\"hops\":[]}", "{\"schema\":\"tally.stats/1\"}", "",
        "{\"schema\":\"tally.stats/1\",\"hops\":[{\"name\":\"x\"}]}",
        "{\"schema\":\"tally.stats/1\",\"hops\":[{\"name\":\"x\",\"count\":-1}]}"}) {
    CAPTURE(bad);
    const Written file("bad.json", bad);
    const auto rows = read_hops(file.path());
    REQUIRE_FALSE(rows.has_value());
    CHECK(rows.error().code == Code::bad_data);
    CHECK(rows.error().message.find("bad.json") != std::string::npos);
  }
  CHECK(read_hops("/nonexistent/x.json").error().code == Code::no_input);
}

TEST_CASE("a hop is written as it is read") {
  tally::plot::PercentileRow row;
  row.name = "end_to_end";
  row.count = 5;
  row.max_ns = 17;
  CHECK(hop_json(row) ==
        R"({"schema":"tally.bench.hop/1","name":"end_to_end","count":5,"p50_ns":null,)"
        R"("p99_ns":null,"p999_ns":null,"p9999_ns":null,"max_ns":17})");
}

TEST_SUITE_END();
