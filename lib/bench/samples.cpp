#include "bench/samples.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "json/value.hpp"

namespace tally::bench {

namespace {

constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kLongestLine = 4096;

// Takes a whole number from the front of the text; false when there is none or it is too large.
bool take_number(std::string_view& text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(kBlanks)));
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// The start of a line for an error, without what a terminal would act upon.
std::string shown(std::string_view line) {
  constexpr std::size_t kMost = 40;
  std::string text(line.substr(0, kMost));
  for (char& c : text)
    if (c < ' ' || c > '~') c = '?';
  return line.size() > kMost ? text + "..." : text;
}

Result<std::uint64_t> number_at(const json::Value& object, std::string_view name) {
  const json::Value* found = object.find(name);
  if (found != nullptr) {
    if (const auto* number = std::get_if<std::uint64_t>(&found->content())) return *number;
    if (const auto* number = std::get_if<std::int64_t>(&found->content()))
      if (*number >= 0) return static_cast<std::uint64_t>(*number);
  }
  return fail(Code::bad_data, fmt::format("member '{}' is no whole number", name));
}

Result<std::uint64_t> elapsed(std::uint64_t sent_ns, std::uint64_t received_ns) {
  if (received_ns < sent_ns)
    return fail(Code::bad_data,
                fmt::format("received at {}, before it was sent at {}", received_ns, sent_ns));
  return received_ns - sent_ns;
}

}  // namespace

Status SampleReader::feed(std::string_view piece) {
  if (!rest_.empty()) {
    const auto end = piece.find('\n');
    rest_ += piece.substr(0, end);
    if (rest_.size() > kLongestLine)
      return fail(Code::bad_data,
                  fmt::format("line {} is longer than {} bytes", line_number_ + 1, kLongestLine));
    if (end == std::string_view::npos) return {};
    TALLY_CHECK(take_line(rest_));
    rest_.clear();
    piece.remove_prefix(end + 1);
  }
  for (auto end = piece.find('\n'); end != std::string_view::npos; end = piece.find('\n')) {
    TALLY_CHECK(take_line(piece.substr(0, end)));
    piece.remove_prefix(end + 1);
  }
  rest_ = piece;
  return {};
}

Status SampleReader::finish() {
  if (rest_.empty()) return {};
  TALLY_CHECK(take_line(rest_));
  rest_.clear();
  return {};
}

Status SampleReader::take_line(std::string_view line) {
  ++line_number_;
  skip_blanks(line);
  if (line.empty() || line.front() == '#') return {};
  const auto sample = parse_line(line);
  if (!sample) return fail(sample.error().in(fmt::format("line {}", line_number_)));
  count(*sample);
  return {};
}

Result<SampleReader::Sample> SampleReader::parse_line(std::string_view line) const {
  if (line.front() == '{') return parse_json(line);
  std::string_view text = line;
  Sample sample;
  std::uint64_t second = 0;
  const bool has_first = take_number(text, sample.time_ns);
  const std::size_t before = text.size();
  if (has_first) skip_blanks(text);
  const bool comma = has_first && take(text, ",");
  if (comma) skip_blanks(text);
  const bool separated = comma || text.size() < before;
  if (!separated || !take_number(text, second) ||
      text.find_first_not_of(kBlanks) != std::string_view::npos)
    return fail(Code::bad_data, fmt::format("'{}' is not two whole numbers", shown(line)),
                "a line is TIME_NS LATENCY_NS, or with --stamps SENT_NS RECEIVED_NS");
  if (plain_ == SampleLine::latency) {
    sample.latency_ns = second;
    return sample;
  }
  TALLY_TRY(sample.latency_ns, elapsed(sample.time_ns, second));
  return sample;
}

Result<SampleReader::Sample> SampleReader::parse_json(std::string_view line) {
  Sample sample;
  // The form in which programs write it, without the cost of a parse.
  std::string_view text = line;
  if (take(text, "{\"time_ns\":") && take_number(text, sample.time_ns) &&
      take(text, ",\"latency_ns\":") && take_number(text, sample.latency_ns) && text == "}")
    return sample;
  TALLY_TRY(const json::Value object, json::parse(line));
  if (object.find("sent_ns") != nullptr) {
    TALLY_TRY(sample.time_ns, number_at(object, "sent_ns"));
    TALLY_TRY(const std::uint64_t received_ns, number_at(object, "received_ns"));
    TALLY_TRY(sample.latency_ns, elapsed(sample.time_ns, received_ns));
    return sample;
  }
  TALLY_TRY(sample.time_ns, number_at(object, "time_ns"));
  TALLY_TRY(sample.latency_ns, number_at(object, "latency_ns"));
  return sample;
}

void SampleReader::count(const Sample& sample) {
  if (latency_.count() == 0) {
    grid_ = hist::Grid(sample.time_ns, kColumns, 1);
    latest_ns_ = sample.time_ns;
  }
  if (sample.time_ns < grid_.start_ns()) ++early_;
  latest_ns_ = std::max(latest_ns_, sample.time_ns);
  latency_.record(sample.latency_ns);
  grid_.record(sample.time_ns, sample.latency_ns);
}

}  // namespace tally::bench
