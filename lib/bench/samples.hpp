// Single measurements as lines of text, from a pipe: a time and a latency, or the time something
// was sent and the time it came back, in nanoseconds. Each line is one of
//
//   TIME LATENCY                                 two whole numbers; a comma or blanks between them
//   SENT RECEIVED                                the same with SampleLine::two_times
//   {"time_ns":TIME,"latency_ns":LATENCY,...}
//   {"sent_ns":SENT,"received_ns":RECEIVED,...}
//
// and an empty line or one that begins with "#" is skipped. Times count from any moment.
//
// One thread. A million plain lines take some 50 ms and no allocation; a JSON line that is more
// than these two members costs a parse.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "hist/grid.hpp"
#include "hist/histogram.hpp"

namespace tally::bench {

enum class SampleLine { latency, two_times };

class SampleReader {
 public:
  static constexpr std::size_t kColumns = 256;

  explicit SampleReader(SampleLine plain) : plain_(plain) {}

  // Takes the next piece of the text, which may end anywhere. Errors: bad_data, naming the line;
  // what was read before stays.
  [[nodiscard]] Status feed(std::string_view piece);
  // At the end of the text: takes a last line without newline. Errors: as feed().
  [[nodiscard]] Status finish();

  [[nodiscard]] std::uint64_t lines() const { return line_number_; }
  [[nodiscard]] const hist::Histogram& latency() const { return latency_; }
  // Begins at the time of the first line.
  [[nodiscard]] const hist::Grid& grid() const { return grid_; }
  // Lines whose time is before that of the first; they stand in the first column.
  [[nodiscard]] std::uint64_t early() const { return early_; }
  // From the first line to the latest, 0 when there is none.
  [[nodiscard]] std::uint64_t duration_ns() const { return latest_ns_ - grid_.start_ns(); }

 private:
  struct Sample {
    std::uint64_t time_ns = 0;
    std::uint64_t latency_ns = 0;
  };
  Status take_line(std::string_view line);
  [[nodiscard]] Result<Sample> parse_line(std::string_view line) const;
  [[nodiscard]] static Result<Sample> parse_json(std::string_view line);
  void count(const Sample& sample);

  SampleLine plain_;
  std::string rest_;  // of a line that a piece ended in
  std::uint64_t line_number_ = 0;
  std::uint64_t early_ = 0;
  std::uint64_t latest_ns_ = 0;
  hist::Histogram latency_;
  hist::Grid grid_{0, kColumns, 1};
};

}  // namespace tally::bench
