// Lines of a descriptor, with a bound on their length that hostile input cannot move. One thread.
// Allocates one buffer of the bound's size.
#pragma once

#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace tally::sign {

class LineReader {
 public:
  static constexpr std::size_t kLongestLineBytes = std::size_t{1} << 20U;

  // Does not own `fd`.
  explicit LineReader(int fd) : fd_(fd), buffer_(kLongestLineBytes + 1) {}

  enum class Step {
    line,      // a line without its end; a last one needs no newline
    too_long,  // a line beyond the bound, passed over
    wait,      // nothing whole is here; fill() reads on
    end,
  };
  // The line holds until the next call.
  [[nodiscard]] Step next(std::string_view& line);
  // Blocks until something came or the input ended. Errors: io.
  [[nodiscard]] Status fill();

 private:
  int fd_;
  Bytes buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool skipping_ = false;
  bool ended_ = false;
};

}  // namespace tally::sign
