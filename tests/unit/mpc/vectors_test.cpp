// BIP-445: representative cases as transcribed, which pass on any machine, and all files of the
// published set where it is present.
#include <cstdio>
#include <doctest/doctest.h>

#include "json/value.hpp"
#include "support/skip.hpp"
#include "unit/mpc/frost_vectors.hpp"
#include "unit/mpc/published_frost.hpp"

using namespace tally::test;

namespace {

// Runs a transcribed file and says how many of its cases pair a tweak with no mode.
void run_transcribed(const std::string& file, int run, int inexpressible = 0) {
  const VectorTally tally = run_frost_vectors(read_transcribed(file));
  CHECK(tally.run == run);
  CHECK(tally.inexpressible == inexpressible);
}

}  // namespace

TEST_SUITE_BEGIN("mpc");

TEST_CASE("BIP 445 nonce generation as transcribed") {
  run_transcribed("bip445_nonce_gen.txt", 5);
}
TEST_CASE("BIP 445 nonce aggregation as transcribed") {
  run_transcribed("bip445_nonce_agg.txt", 5);
}
TEST_CASE("BIP 445 signing and partial verification as transcribed") {
  run_transcribed("bip445_sign_verify.txt", 50);
}
TEST_CASE("BIP 445 tweaks as transcribed") {
  run_transcribed("bip445_tweak.txt", 20, 2);
}
TEST_CASE("BIP 445 aggregation as transcribed") {
  run_transcribed("bip445_sig_agg.txt", 12);
}

TEST_CASE("BIP 445 every file of the published set") {
  const auto folder = published_folder("bip-frost-signing");
  if (!std::filesystem::is_directory(folder)) {
    skip("no folder of published vectors (TALLY_VECTORS, ../shared/vectors)");
  }
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = entry.path().filename().string();
    INFO(name);
    const auto content = tally::core::read_file(entry.path().string());
    REQUIRE(content);
    const auto document = tally::json::parse(*content);
    REQUIRE(document);
    const VectorTally tally = run_frost_vectors(read_published(name, *document));
    std::printf("bip-frost-signing/%s: %d cases", name.c_str(), tally.run);
    if (tally.inexpressible > 0) {
      std::printf(", and %d that the interface cannot express", tally.inexpressible);
    }
    std::printf("\n");
    CHECK(tally.run > 0);
    ++files;
  }
  CHECK(files >= 5);
}

TEST_SUITE_END();
