#include "tune/journal.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "core/crc32c.hpp"
#include "core/endian.hpp"

namespace tally::tune {
namespace {

constexpr std::size_t kFrameBytes = 8;  // length and checksum

template <typename... Cases>
struct Overload : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overload(Cases...) -> Overload<Cases...>;

class Encoder {
 public:
  template <std::unsigned_integral T>
  Encoder& number(T value) {
    std::array<std::uint8_t, sizeof(T)> raw;
    core::store_le(raw.data(), value);
    body_.append(core::as_text(raw));
    return *this;
  }
  Encoder& text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    body_.append(value);
    return *this;
  }
  std::string framed() const {
    std::array<std::uint8_t, 4> length;
    core::store_le(length.data(), static_cast<std::uint32_t>(body_.size()));
    std::string covered(core::as_text(length));
    covered += body_;
    std::array<std::uint8_t, 4> checksum;
    core::store_le(checksum.data(), core::crc32c(core::as_bytes(covered)));
    return std::string(core::as_text(length)) + std::string(core::as_text(checksum)) + body_;
  }

 private:
  std::string body_;
};

// Reads fields; after the first that does not fit every answer is empty and ok() is false.
class Decoder {
 public:
  explicit Decoder(ByteView body) : left_(body) {}

  template <std::unsigned_integral T>
  T number() {
    if (left_.size() < sizeof(T)) {
      ok_ = false;
      left_ = {};
      return 0;
    }
    const T value = core::load_le<T>(left_.data());
    left_ = left_.subspan(sizeof(T));
    return value;
  }
  std::string text() {
    const std::size_t length = number<std::uint32_t>();
    if (length > left_.size()) {
      ok_ = false;
      left_ = {};
      return {};
    }
    std::string value(core::as_text(left_.first(length)));
    left_ = left_.subspan(length);
    return value;
  }
  template <typename Enum>
  Enum choice(Enum last) {
    const auto value = number<std::uint8_t>();
    if (value > static_cast<std::uint8_t>(last)) ok_ = false;
    return static_cast<Enum>(value);
  }
  [[nodiscard]] bool complete() const { return ok_ && left_.empty(); }

 private:
  ByteView left_;
  bool ok_ = true;
};

std::optional<Record> decode_body(ByteView body) {
  Decoder in(body);
  Record record;
  switch (in.number<std::uint8_t>()) {
    case 1: {
      BeginRecord begin;
      begin.boot_id = in.text();
      begin.time_ns = in.number<std::uint64_t>();
      begin.steps = in.number<std::uint32_t>();
      begin.version = in.text();
      record = begin;
      break;
    }
    case 2: {
      IntentRecord intent;
      intent.index = in.number<std::uint32_t>();
      intent.kind = in.choice(ValueKind::file);
      intent.id = in.text();
      intent.instance = in.text();
      intent.path = in.text();
      intent.existed = in.number<std::uint8_t>() != 0;
      intent.old_bytes = in.text();
      intent.new_bytes = in.text();
      record = intent;
      break;
    }
    case 3: {
      DoneRecord done;
      done.index = in.number<std::uint32_t>();
      done.outcome = in.choice(Outcome::differs);
      done.os_errno = static_cast<std::int32_t>(in.number<std::uint32_t>());
      done.after = in.text();
      record = done;
      break;
    }
    case 4:
      record = CommitRecord{};
      break;
    case 5:
      record = UndoRecord{};
      break;
    case 6: {
      UndoneRecord undone;
      undone.index = in.number<std::uint32_t>();
      undone.outcome = in.choice(UndoOutcome::failed);
      record = undone;
      break;
    }
    case 7:
      record = ClosedRecord{};
      break;
    default:
      return std::nullopt;
  }
  if (!in.complete()) return std::nullopt;
  return record;
}

struct Framed {
  Record record;
  std::size_t bytes = 0;
};

std::optional<Framed> frame_at(ByteView rest) {
  if (rest.size() < kFrameBytes) return std::nullopt;
  const std::size_t length = core::load_le<std::uint32_t>(rest.data());
  if (length == 0 || length > kMostRecordBytes || length > rest.size() - kFrameBytes) {
    return std::nullopt;
  }
  std::string covered(core::as_text(rest.first(4)));
  covered += core::as_text(rest.subspan(kFrameBytes, length));
  if (core::crc32c(core::as_bytes(covered)) != core::load_le<std::uint32_t>(rest.data() + 4)) {
    return std::nullopt;
  }
  auto record = decode_body(rest.subspan(kFrameBytes, length));
  if (!record) return std::nullopt;
  return Framed{std::move(*record), kFrameBytes + length};
}

bool good_record_within(ByteView rest) {
  for (; rest.size() > kFrameBytes; rest = rest.subspan(1)) {
    if (frame_at(rest)) return true;
  }
  return false;
}

tl::unexpected<core::Error> out_of_order(const std::string& name, const char* what) {
  return fail(Code::bad_data, fmt::format("journal {}: {}", name, what),
              "keep the file and report it; tally-tune status works without it");
}

}  // namespace

const char* name_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::written:
      return "written";
    case Outcome::fewer:
      return "fewer";
    case Outcome::refused:
      return "refused";
    case Outcome::differs:
      return "differs";
  }
  return "?";
}

std::string encode(const Record& record) {
  Encoder out;
  std::visit(Overload{[&](const BeginRecord& r) {
                        out.number(std::uint8_t{1}).text(r.boot_id).number(r.time_ns);
                        out.number(r.steps).text(r.version);
                      },
                      [&](const IntentRecord& r) {
                        out.number(std::uint8_t{2}).number(r.index);
                        out.number(static_cast<std::uint8_t>(r.kind)).text(r.id).text(r.instance);
                        out.text(r.path).number(static_cast<std::uint8_t>(r.existed ? 1 : 0));
                        out.text(r.old_bytes).text(r.new_bytes);
                      },
                      [&](const DoneRecord& r) {
                        out.number(std::uint8_t{3}).number(r.index);
                        out.number(static_cast<std::uint8_t>(r.outcome));
                        out.number(static_cast<std::uint32_t>(r.os_errno)).text(r.after);
                      },
                      [&](const CommitRecord&) { out.number(std::uint8_t{4}); },
                      [&](const UndoRecord&) { out.number(std::uint8_t{5}); },
                      [&](const UndoneRecord& r) {
                        out.number(std::uint8_t{6}).number(r.index);
                        out.number(static_cast<std::uint8_t>(r.outcome));
                      },
                      [&](const ClosedRecord&) { out.number(std::uint8_t{7}); }},
             record);
  return out.framed();
}

Result<DecodedJournal> decode_journal(ByteView file) {
  DecodedJournal journal;
  const std::string_view whole = core::as_text(file);
  if (!whole.starts_with(kJournalMagic)) {
    // Cut while it was created: a beginning of the magic, and zeros where the file had grown first.
    const std::size_t end = whole.find_last_not_of('\0');
    if (kJournalMagic.starts_with(whole.substr(0, end + 1))) {
      journal.torn = !whole.empty();
      return journal;
    }
    return fail(Code::bad_data, whole.starts_with("TALLYTJ") ? "is a journal of another version"
                                                             : "is not a journal of tally-tune");
  }
  ByteView rest = file.subspan(kJournalMagic.size());
  journal.valid_bytes = kJournalMagic.size();
  while (auto framed = frame_at(rest)) {
    journal.records.push_back(std::move(framed->record));
    journal.valid_bytes += framed->bytes;
    rest = rest.subspan(framed->bytes);
  }
  journal.torn = !rest.empty();
  if (journal.torn && good_record_within(rest.subspan(1))) {
    return fail(Code::bad_data,
                fmt::format("is damaged at byte {}, before good records", journal.valid_bytes));
  }
  return journal;
}

Result<Transaction> fold(const std::string& name, const DecodedJournal& journal) {
  Transaction txn;
  txn.name = name;
  txn.valid_bytes = journal.valid_bytes;
  txn.torn = journal.torn;
  for (const Record& record : journal.records) {
    if (txn.closed) return out_of_order(name, "goes on after its end");
    if (const auto* begin = std::get_if<BeginRecord>(&record)) {
      if (txn.begin) return out_of_order(name, "begins twice");
      txn.begin = *begin;
      continue;
    }
    if (!txn.begin) return out_of_order(name, "does not begin with its first record");
    if (const auto* intent = std::get_if<IntentRecord>(&record)) {
      const bool last_done = txn.steps.empty() || txn.steps.back().done;
      if (intent->index != txn.steps.size() || !last_done || txn.committed || txn.undoing) {
        return out_of_order(name, "has a step out of order");
      }
      txn.steps.push_back({*intent, std::nullopt, std::nullopt});
    } else if (const auto* done = std::get_if<DoneRecord>(&record)) {
      if (txn.steps.empty() || done->index != txn.steps.size() - 1 || txn.steps.back().done ||
          txn.committed || txn.undoing) {
        return out_of_order(name, "has a result without its step");
      }
      txn.steps.back().done = *done;
    } else if (std::holds_alternative<CommitRecord>(record)) {
      if (txn.committed || txn.undoing) return out_of_order(name, "is committed twice");
      txn.committed = true;
    } else if (std::holds_alternative<UndoRecord>(record)) {
      // Twice when a rollback was cut and started again.
      txn.undoing = true;
    } else if (const auto* undone = std::get_if<UndoneRecord>(&record)) {
      if (!txn.undoing || undone->index >= txn.steps.size()) {
        return out_of_order(name, "undoes a step that it does not have");
      }
      txn.steps[undone->index].undone = *undone;
    } else {
      txn.closed = true;
    }
  }
  return txn;
}

}  // namespace tally::tune
