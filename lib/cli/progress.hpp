// A progress line on standard error: on a terminal only, first after 500 ms, at most ten times a
// second, erased at the end. Without a terminal, one line every 10 s when verbose. One thread.
#pragma once

#include <cstdint>
#include <string>

#include "cli/output.hpp"

namespace tally::cli {

class Progress {
 public:
  // `total` 0 when the end is not known.
  Progress(Output& out, std::string what, std::uint64_t total);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::uint64_t done);
  void finish();

 private:
  void draw(std::uint64_t done, std::uint64_t now_ns);

  Output& out_;
  std::string what_;
  std::uint64_t total_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_draw_ns_ = 0;
  bool drawn_ = false;
};

}  // namespace tally::cli
