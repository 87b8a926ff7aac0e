// ChillDKG against its published vectors, the whole set where it is present and a transcription on
// any machine.
#include <cstdio>

#include "support/skip.hpp"
#include "unit/mpc/chill_vectors.hpp"

using namespace tally::test;

TEST_SUITE_BEGIN("mpc");

TEST_CASE("ChillDKG as transcribed") {
  const auto cases = read_transcribed("chilldkg.txt");
  for (const VectorCase& test_case : cases) CHECK(ChillVector(test_case).run());
  CHECK(cases.size() == 19);
}

TEST_CASE("ChillDKG every file of the published set") {
  const auto folder = published_folder("chilldkg");
  if (!std::filesystem::is_directory(folder)) {
    skip("no folder of published vectors (TALLY_VECTORS, ../shared/vectors)");
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().stem().string();
    INFO(name);
    const auto content = tally::core::read_file(entry.path().string(), std::size_t{1} << 24U);
    REQUIRE(content);
    const auto document = tally::json::parse(*content);
    REQUIRE(document);
    const auto cases = PublishedChill::read(name.substr(0, name.rfind("_vectors")), *document);
    int run = 0;
    for (const VectorCase& test_case : cases) run += ChillVector(test_case).run() ? 1 : 0;
    const int inexpressible = static_cast<int>(cases.size()) - run;
    std::printf("chilldkg/%s: %d cases", name.c_str(), run);
    if (inexpressible > 0) std::printf(", and %d that the interface cannot express", inexpressible);
    std::printf("\n");
    CHECK(run > 0);
    CHECK(static_cast<int>(cases.size()) == document->int_at("totalTests").value());
    ++files;
  }
  CHECK(files >= 8);
}

TEST_SUITE_END();
