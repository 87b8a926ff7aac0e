#include "custody/use_journal.hpp"

#include <doctest/doctest.h>

#include "core/file.hpp"
#include "support/folder.hpp"

using namespace tally;
using namespace tally::custody;

namespace {

constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kRecordBytes = 76;

ByteArray<32> filled(std::uint8_t byte) {
  ByteArray<32> bytes{};
  bytes.fill(byte);
  return bytes;
}

// A journal in which three names met something.
std::string journal_of_three(const std::string& path) {
  auto journal = UseJournal::open(path).value();
  for (const std::uint8_t name : Bytes{1, 2, 3}) {
    REQUIRE(journal.use(filled(name), filled(9)));
  }
  return core::read_file(path).value();
}

}  // namespace

TEST_SUITE_BEGIN("custody");

TEST_CASE("a name meets one thing whenever the journal is opened") {
  const test::Folder folder;
  const std::string path = folder.file("key.share.used");
  CHECK(journal_of_three(path).size() == kHeaderBytes + 3 * kRecordBytes);
  auto journal = UseJournal::open(path).value();
  CHECK(journal.met(filled(2)) == filled(9));
  CHECK_FALSE(journal.met(filled(4)));
  CHECK(journal.use(filled(2), filled(9)));
  CHECK(journal.use(filled(2), filled(8)).error().code == Code::permission);
}

TEST_CASE("a damaged journal of uses says what has to go with it") {
  const test::Folder folder;
  const std::string path = folder.file("key.share.used");
  const std::string whole = journal_of_three(path);
  for (std::size_t at = 0; at < whole.size() - kRecordBytes; ++at) {
    CAPTURE(at);
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    REQUIRE(core::replace_file(path, core::as_bytes(changed), 0600));
    const auto refused = UseJournal::open(path);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Code::bad_data);
    CHECK(refused.error().message ==
          path + (at < kHeaderBytes ? " is not a journal of this kind" : " is damaged"));
    CHECK(refused.error().hint ==
          "it keeps nonces and sessions from being used twice: with it every .cosign-*, .pairing "
          "and .refresh file beside the share must be removed, and those sessions begin anew");
  }
}

TEST_CASE("a last record with a wrong checksum is cut off as a torn one") {
  const test::Folder folder;
  const std::string path = folder.file("key.share.used");
  std::string changed = journal_of_three(path);
  changed.back() = static_cast<char>(changed.back() ^ 1);
  REQUIRE(core::replace_file(path, core::as_bytes(changed), 0600));
  const auto journal = UseJournal::open(path).value();
  CHECK(journal.met(filled(2)) == filled(9));
  CHECK_FALSE(journal.met(filled(3)));
  CHECK(core::read_file(path).value().size() == kHeaderBytes + 2 * kRecordBytes);
}

TEST_SUITE_END();
