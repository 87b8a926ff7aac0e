#include "tune/journal.hpp"

#include <algorithm>
#include <doctest/doctest.h>

#include "core/bytes.hpp"

namespace core = tally::core;
namespace tune = tally::tune;
using tally::Code;

namespace {

const std::vector<tune::Record>& sample() {
  static const std::vector<tune::Record> records = {
      tune::BeginRecord{"boot", 7, 2, "0.1.0"},
      tune::IntentRecord{0, tune::ValueKind::count, "memory.huge_2m", "node0", "/p", true, "0\n",
                         "64\n"},
      tune::DoneRecord{0, tune::Outcome::fewer, 0, "40\n"},
      tune::IntentRecord{1, tune::ValueKind::file, "boot.drop_in", "host", "/f", false, "",
                         std::string("a\0b", 3)},
      tune::DoneRecord{1, tune::Outcome::written, -1, ""},
      tune::CommitRecord{},
      tune::UndoRecord{},
      tune::UndoneRecord{1, tune::UndoOutcome::restored},
      tune::UndoneRecord{0, tune::UndoOutcome::left},
      tune::ClosedRecord{}};
  return records;
}

std::string file_of(const std::vector<tune::Record>& records) {
  std::string file(tune::kJournalMagic);
  for (const auto& record : records) file += tune::encode(record);
  return file;
}

tally::Result<tune::DecodedJournal> decode(const std::string& file) {
  return tune::decode_journal(core::as_bytes(file));
}

}  // namespace

TEST_SUITE_BEGIN("tune");

TEST_CASE("records come back as they were written") {
  const std::string file = file_of(sample());
  const auto journal = decode(file).value();
  CHECK(journal.records == sample());
  CHECK(journal.valid_bytes == file.size());
  CHECK_FALSE(journal.torn);
}

TEST_CASE("a journal cut at any byte is a beginning of it") {
  const std::string file = file_of(sample());
  std::vector<std::size_t> ends = {tune::kJournalMagic.size()};
  for (const auto& record : sample()) ends.push_back(ends.back() + tune::encode(record).size());
  for (std::size_t cut = 0; cut <= file.size(); ++cut) {
    CAPTURE(cut);
    const auto journal = decode(file.substr(0, cut));
    REQUIRE(journal.has_value());
    std::size_t whole = 0;
    while (whole + 1 < ends.size() && ends[whole + 1] <= cut) ++whole;
    CHECK(journal->records.size() == whole);
    const bool at_end = cut == 0 || (cut >= ends[0] && cut == ends[whole]);
    CHECK(journal->torn == !at_end);
    CHECK(tune::fold("t0001", *journal).has_value());
    // File systems may have grown the file before its content was there.
    const auto zeros = decode(file.substr(0, cut) + std::string(100, '\0'));
    REQUIRE(zeros.has_value());
    // A record that ends in zeros may be whole again; what is read is a beginning all the same.
    CHECK(zeros->records.size() >= whole);
    CHECK(std::equal(zeros->records.begin(), zeros->records.end(), sample().begin()));
  }
}

TEST_CASE("a changed byte before good records is damage and at the end a torn tail") {
  const std::string file = file_of(sample());
  const std::size_t last = tune::encode(sample().back()).size();
  for (std::size_t i = 0; i < file.size(); ++i) {
    CAPTURE(i);
    std::string bad = file;
    bad[i] = static_cast<char>(bad[i] ^ 0x40);
    const auto journal = decode(bad);
    if (i >= file.size() - last) {
      REQUIRE(journal.has_value());
      CHECK(journal->torn);
      CHECK(journal->records.size() == sample().size() - 1);
    } else {
      REQUIRE_FALSE(journal.has_value());
      CHECK(journal.error().code == Code::bad_data);
    }
  }
}

TEST_CASE("another version and another file are refused by name") {
  CHECK(decode("TALLYTJ\x02rest").error().message == "is a journal of another version");
  CHECK(decode("#!/bin/sh\n").error().message == "is not a journal of tally-tune");
  CHECK(decode("#!").error().message == "is not a journal of tally-tune");
}

TEST_CASE("a transaction is folded from its records") {
  auto records = sample();
  const auto whole = tune::fold("t0003", decode(file_of(records)).value()).value();
  CHECK(whole.closed);
  CHECK_FALSE(whole.active());
  CHECK_FALSE(whole.open());
  REQUIRE(whole.steps.size() == 2);
  CHECK(whole.steps[0].done->after == "40\n");
  CHECK(whole.steps[0].undone->outcome == tune::UndoOutcome::left);
  records.resize(6);
  CHECK(tune::fold("t", decode(file_of(records)).value()).value().active());
  records.resize(5);
  CHECK(tune::fold("t", decode(file_of(records)).value()).value().open());
}

TEST_CASE("records in an order that makes no sense are refused") {
  const auto& s = sample();
  const std::vector<std::vector<tune::Record>> wrong = {
      {s[1]},
      {s[0], s[0]},
      {s[0], s[2]},
      {s[0], s[3]},
      {s[0], s[1], s[1]},
      {s[0], s[1], s[3]},
      {s[0], s[1], s[2], s[2]},
      {s[0], s[5], s[5]},
      {s[0], s[5], s[1]},
      {s[0], s[7]},
      {s[0], s[6], s[7]},
      {s[0], s[9], s[6]},
  };
  for (const auto& records : wrong) {
    CAPTURE(&records - wrong.data());
    const auto folded = tune::fold("t0001", decode(file_of(records)).value());
    REQUIRE_FALSE(folded.has_value());
    CHECK(folded.error().code == Code::bad_data);
  }
}

TEST_SUITE_END();
