#include "ring/options.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <unistd.h>
#include <utility>
#include <vector>

#include "ring/handover.hpp"
#include "ring/layout.hpp"

namespace tally::ring {
namespace {

template <typename T>
struct Word {
  std::string_view text;
  T value;
};

constexpr std::array<Word<Full>, 3> kFullWords = {
    {{"block", Full::block}, {"drop-new", Full::drop_new}, {"drop-old", Full::drop_old}}};
constexpr std::array<Word<SlotForm>, 7> kKindWords = {{{"spsc", SlotForm::stamped_fixed},
                                                       {"mpsc", SlotForm::claimed},
                                                       {"spmc", SlotForm::shared_out},
                                                       {"mpmc", SlotForm::traded},
                                                       {"bytes", SlotForm::bytes},
                                                       {"broadcast", SlotForm::broadcast},
                                                       {"lean", SlotForm::lean}}};
constexpr std::array<Word<queue::WaitPolicy>, 4> kWaitWords = {
    {{"spin", queue::WaitPolicy::spin},
     {"yield", queue::WaitPolicy::yield},
     {"futex", queue::WaitPolicy::futex},
     {"auto", queue::WaitPolicy::automatic}}};
constexpr std::array<Word<mem::HugeWish>, 4> kHugeWords = {{{"auto", mem::HugeWish::automatic},
                                                            {"2m", mem::HugeWish::two_mib},
                                                            {"1g", mem::HugeWish::one_gib},
                                                            {"off", mem::HugeWish::off}}};
constexpr std::array<Word<bool>, 6> kBoolWords = {
    {{"yes", true}, {"true", true}, {"1", true}, {"no", false}, {"false", false}, {"0", false}}};
constexpr std::array<Word<std::uint64_t>, 4> kTimeUnits = {
    {{"ns", 1}, {"us", 1'000}, {"ms", 1'000'000}, {"s", 1'000'000'000}}};

auto refuse(std::string_view key, std::string_view value, const std::string& takes) {
  return fail(Code::usage,
              "shm: key " + std::string(key) + " cannot be '" + std::string(value) + "'",
              std::string(key) + " takes " + takes);
}

template <typename T, std::size_t N>
Status read_word(std::string_view key, std::string_view value, const std::array<Word<T>, N>& words,
                 T& out) {
  std::string takes;
  for (const auto& word : words) {
    if (word.text == value) {
      out = word.value;
      return {};
    }
    takes += (takes.empty() ? "" : "|") + std::string(word.text);
  }
  return refuse(key, value, takes);
}

Result<std::uint64_t> read_number(std::string_view key, std::string_view value, std::uint64_t low,
                                  std::uint64_t high, const std::string& takes) {
  std::uint64_t number = 0;
  const char* const end = value.data() + value.size();
  const auto read = std::from_chars(value.data(), end, number);
  if (read.ec != std::errc{} || read.ptr != end || number < low || number > high) {
    return refuse(key, value, takes);
  }
  return number;
}

Status read_slots(std::string_view value, Options& options) {
  const std::string takes = "a power of two from 2 to 16777216";
  TALLY_TRY(const auto slots, read_number("slots", value, kMinSlots, kMaxSlots, takes));
  if (!std::has_single_bit(slots)) return refuse("slots", value, takes);
  options.slots = slots;
  return {};
}

Status read_bytes(std::string_view value, Options& options) {
  TALLY_TRY(const auto bytes,
            read_number("bytes", value, 1, kMaxAreaBytes,
                        "the largest payload, 1 to 65536, or the area of kind=bytes|broadcast"));
  options.bytes = static_cast<std::uint32_t>(bytes);
  return {};
}

// "5s", "200ms": the unit is asked for, so that nobody means seconds and gets nanoseconds.
Status read_timeout(std::string_view value, Options& options) {
  const std::string takes = "a time with its unit, as 5s or 200ms, of at most one hour";
  const std::size_t digits = std::min(value.find_first_not_of("0123456789"), value.size());
  std::uint64_t unit_ns = 0;
  for (const auto& unit : kTimeUnits) {
    if (unit.text == value.substr(digits)) unit_ns = unit.value;
  }
  if (unit_ns == 0) return refuse("open-timeout", value, takes);
  constexpr std::uint64_t kHourNs = 3'600'000'000'000;
  const auto count =
      read_number("open-timeout", value.substr(0, digits), 0, kHourNs / unit_ns, takes);
  if (!count) return refuse("open-timeout", value, takes);
  options.open_timeout_ns = *count * unit_ns;
  return {};
}

Status read_kind(std::string_view value, Options& options) {
  SlotForm form = SlotForm::stamped_fixed;
  TALLY_CHECK(read_word("kind", value, kKindWords, form));
  options.form = form;
  return {};
}

Status read_full(std::string_view value, Options& options) {
  Full full = Full::block;
  TALLY_CHECK(read_word("full", value, kFullWords, full));
  options.full = full;
  return {};
}

Status check_area(const Options& options) {
  const std::string kind(kind_name(*options.form));
  if (options.slots) {
    return fail(Code::usage, "shm: slots has no meaning for kind=" + kind,
                "say bytes=SIZE, the size of the area");
  }
  if (options.bytes && (!std::has_single_bit(*options.bytes) || *options.bytes < kMinAreaBytes ||
                        *options.bytes > kMaxAreaBytes)) {
    return refuse("bytes", std::to_string(*options.bytes),
                  "for kind=" + kind + " a power of two from 4096 to 1073741824");
  }
  return {};
}

Status check_slots(const Options& options) {
  if (options.slots && (!std::has_single_bit(*options.slots) || *options.slots < kMinSlots ||
                        *options.slots > kMaxSlots)) {
    return refuse("slots", std::to_string(*options.slots), "a power of two from 2 to 16777216");
  }
  const SlotForm form = options.form.value_or(SlotForm::stamped_fixed);
  const std::uint32_t most = most_payload_bytes(form);
  if (options.bytes && (*options.bytes == 0 || *options.bytes > most)) {
    return refuse("bytes", std::to_string(*options.bytes),
                  "for kind=" + std::string(kind_name(form)) + " the largest payload, 1 to " +
                      std::to_string(most));
  }
  return {};
}

constexpr std::array<std::string_view, 10> kKeys = {
    "kind", "slots",       "bytes", "full",         "wait",
    "huge", "huge-strict", "lock",  "open-timeout", "wait-peer"};

// Levenshtein distance, for the suggestion; the words are a dozen characters long.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::array<std::size_t, 32> row{};
  if (b.size() + 1 > row.size()) return b.size();
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, change}));
    }
  }
  return row[b.size()];
}

Status unknown_key(std::string_view key) {
  std::string keys;
  std::string_view nearest;
  std::size_t best = 3;  // further away than two edits is no suggestion
  for (const auto known : kKeys) {
    keys += (keys.empty() ? "" : ", ") + std::string(known);
    if (const std::size_t distance = edit_distance(key, known); distance < best) {
      best = distance;
      nearest = known;
    }
  }
  return fail(Code::usage, "shm: unknown key '" + std::string(key) + "'",
              nearest.empty() ? "keys are " + keys : "did you mean " + std::string(nearest) + "?");
}

Status read_key(std::string_view key, std::string_view value, Options& options) {
  if (key == "kind") return read_kind(value, options);
  if (key == "slots") return read_slots(value, options);
  if (key == "bytes") return read_bytes(value, options);
  if (key == "full") return read_full(value, options);
  if (key == "wait") return read_word(key, value, kWaitWords, options.wait);
  if (key == "huge") return read_word(key, value, kHugeWords, options.huge);
  if (key == "huge-strict") return read_word(key, value, kBoolWords, options.huge_strict);
  if (key == "lock") return read_word(key, value, kBoolWords, options.lock);
  if (key == "open-timeout") return read_timeout(value, options);
  if (key == "wait-peer") return read_word(key, value, kBoolWords, options.wait_for_peer);
  return unknown_key(key);
}

// Of a key that stands twice nobody knows which value was meant.
Status check_new(std::string_view key, const std::vector<std::string_view>& before) {
  if (std::find(before.begin(), before.end(), key) == before.end()) return {};
  return fail(Code::usage, "shm: key " + std::string(key) + " stands twice",
              "say " + std::string(key) + " once");
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

// That a side which speaks spsc and one kind more is asked for no other.
Status check_spoken(const Options& options, SlotForm also, const std::string& also_name) {
  const SlotForm form = options.form.value_or(SlotForm::stamped_fixed);
  if (form == SlotForm::stamped_fixed || form == also) return {};
  if (form == SlotForm::broadcast && options.full == Full::drop_old) {
    return fail(Code::usage, "shm: full=drop-old makes a broadcast, which is for tally-relay alone",
                "leave full and kind out");
  }
  return fail(Code::usage,
              "shm: kind=" + std::string(kind_name(form)) + " is for tally-relay alone",
              "leave kind out, or say kind=spsc or kind=" + also_name);
}

// A ring that is handed over has one opener on each side.
Status check_handed(SlotForm form) {
  const bool many_consumers = has_many_consumers(form);
  if (!many_consumers && !has_many_producers(form)) return {};
  return fail(Code::usage,
              "memfd: kind=" + std::string(kind_name(form)) + " is for many " +
                  (many_consumers ? "consumers" : "producers") +
                  ", and a ring that is handed over has one",
              "use shm:NAME, or leave kind out");
}

// A name and its keys as they stand.
Result<ParsedName> read_endpoint(std::string_view text) {
  constexpr std::string_view kHanded = "memfd:";
  ParsedName parsed;
  if (text.starts_with("shm:")) text.remove_prefix(4);
  if (text.starts_with(kHanded)) {
    text.remove_prefix(kHanded.size());
    parsed.options.place = Place::handed;
  }
  std::size_t end = std::min(text.find(','), text.size());
  parsed.name = std::string(text.substr(0, end));
  const bool handed = parsed.options.place == Place::handed;
  TALLY_CHECK(handed ? check_handover_path(parsed.name) : check_name(parsed.name));
  std::vector<std::string_view> keys;
  while (end < text.size()) {
    const std::size_t begin = end + 1;
    end = std::min(text.find(',', begin), text.size());
    const auto item = text.substr(begin, end - begin);
    const std::size_t equals = std::min(item.find('='), item.size());
    const auto key = item.substr(0, equals);
    // "huge-strict" alone is "huge-strict=yes".
    const auto value = equals < item.size() ? item.substr(equals + 1) : std::string_view("yes");
    TALLY_CHECK(check_new(key, keys));
    TALLY_CHECK(read_key(key, value, parsed.options));
    keys.push_back(key);
  }
  return parsed;
}

// What the keys mean together.
Result<ParsedName> complete(ParsedName parsed) {
  Options& options = parsed.options;
  if (!options.form && options.full == Full::drop_old) options.form = SlotForm::broadcast;
  TALLY_CHECK(check_options(options));
  return parsed;
}

}  // namespace

std::string_view full_name(Full full) {
  for (const auto& word : kFullWords) {
    if (word.value == full) return word.text;
  }
  return "unknown";
}

std::string_view kind_name(SlotForm form) {
  for (const auto& word : kKindWords) {
    if (word.value == form) return word.text;
  }
  return "unknown";
}

Status check_name(std::string_view name) {
  const bool right = !name.empty() && name.size() <= kMaxNameChars && name.front() != '.' &&
                     std::all_of(name.begin(), name.end(), is_name_char);
  if (right) return {};
  return fail(Code::usage, "shm: '" + std::string(name) + "' is not a ring name",
              "a name has 1 to 64 characters of A-Z a-z 0-9 . _ - and does not begin with a dot");
}

Status check_one_producer(const Options& options) {
  return check_spoken(options, SlotForm::shared_out, "spmc");
}

Status check_one_consumer(const Options& options) {
  return check_spoken(options, SlotForm::claimed, "mpsc");
}

Status check_options(const Options& options) {
  const SlotForm form = options.form.value_or(SlotForm::stamped_fixed);
  TALLY_CHECK(is_byte_area(form) ? check_area(options) : check_slots(options));
  if (form != SlotForm::broadcast && full_of(options) == Full::drop_old) {
    return fail(Code::usage,
                "shm: full=drop-old needs a reader that can be overtaken, which a ring of kind=" +
                    std::string(kind_name(form)) + " does not have",
                "use kind=broadcast, full=block or full=drop-new");
  }
  if (options.place == Place::handed) TALLY_CHECK(check_handed(form));
  if (options.huge_strict && options.huge == mem::HugeWish::off) {
    return fail(Code::usage, "shm: huge-strict contradicts huge=off", "say huge=2m or huge=1g");
  }
  return {};
}

Result<ParsedName> parse_endpoint(std::string_view text) {
  TALLY_TRY(ParsedName parsed, read_endpoint(text));
  return complete(std::move(parsed));
}

Result<ParsedName> parse_reader_endpoint(std::string_view text) {
  TALLY_TRY(ParsedName parsed, read_endpoint(text));
  const Options& options = parsed.options;
  const bool names_kind = options.full == Full::drop_old && !options.form;
  if (options.full && !names_kind) {
    return fail(Code::usage,
                std::string(options.place == Place::handed ? "memfd" : "shm") +
                    ": full has no meaning for the side that reads",
                "leave full out here, and say it where the ring is written");
  }
  return complete(std::move(parsed));
}

std::string ring_file_prefix() {
  return "tally." + std::to_string(::geteuid()) + ".";
}

std::string ring_path(std::string_view name) {
  return std::string(kRingFolder) + "/" + ring_file_prefix() + std::string(name);
}

}  // namespace tally::ring
