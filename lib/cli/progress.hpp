// A progress line on standard error, with the time left where the end is known: on a terminal only,
// first after 500 ms, at most ten times a second, erased at the end. Without a terminal, one line
// every 10 s when verbose. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "cli/output.hpp"

namespace tally::cli {

class Progress {
 public:
  // `total` 0 when the end is not known. The work ends after `most_ns` in any case; 0 when nothing
  // says so.
  Progress(Output& out, std::string what, std::uint64_t total, std::uint64_t most_ns = 0);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void update(std::uint64_t done);
  // Another part of the same work has begun.
  void rename(std::string what) { what_ = std::move(what); }
  void finish();

 private:
  void draw(std::uint64_t done, std::uint64_t now_ns);
  [[nodiscard]] std::string line(std::uint64_t done, std::uint64_t passed_ns) const;

  Output& out_;
  std::string what_;
  std::uint64_t total_ = 0;
  std::uint64_t most_ns_ = 0;
  std::uint64_t start_ns_ = 0;
  std::uint64_t last_draw_ns_ = 0;
  bool drawn_ = false;
};

}  // namespace tally::cli
