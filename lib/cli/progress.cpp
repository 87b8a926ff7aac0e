#include "cli/progress.hpp"

#include <algorithm>
#include <cstdio>
#include <unistd.h>
#include <utility>

#include "core/clock.hpp"

namespace tally::cli {
namespace {

constexpr std::uint64_t kFirstNs = 500'000'000;
constexpr std::uint64_t kTerminalPeriodNs = 100'000'000;
constexpr std::uint64_t kLinePeriodNs = 10'000'000'000;

void write_stderr(std::string_view text) {
  // A progress line that cannot be written is no loss.
  if (::write(STDERR_FILENO, text.data(), text.size()) < 0) return;
}

}  // namespace

Progress::Progress(Output& out, std::string what, std::uint64_t total)
    : out_(out), what_(std::move(what)), total_(total), start_ns_(core::monotonic_ns()) {
  last_draw_ns_ = start_ns_;
}

Progress::~Progress() {
  finish();
}

void Progress::update(std::uint64_t done) {
  const std::uint64_t now_ns = core::monotonic_ns();
  if (out_.stderr_is_terminal()) {
    if (out_.verbosity() < 0 || now_ns - start_ns_ < kFirstNs) return;
    if (drawn_ && now_ns - last_draw_ns_ < kTerminalPeriodNs) return;
  } else if (out_.verbosity() <= 0 || now_ns - last_draw_ns_ < kLinePeriodNs) {
    return;
  }
  last_draw_ns_ = now_ns;
  draw(done, now_ns);
}

void Progress::draw(std::uint64_t done, std::uint64_t now_ns) {
  const double seconds = static_cast<double>(now_ns - start_ns_) / 1e9;
  std::string text = fmt::format("{} {}", what_, done);
  if (total_ > 0) {
    const double share = 100.0 * static_cast<double>(done) / static_cast<double>(total_);
    text += fmt::format(" of {}, {:.0f} %", total_, std::min(share, 100.0));
  }
  text += fmt::format(", {:.0f} s", seconds);
  if (!out_.stderr_is_terminal()) {
    out_.detail(text);
    return;
  }
  // Cut to the width, for a wrapped line could not be erased; "\x1b[K" clears what is right of it.
  const auto width = static_cast<std::size_t>(std::max(out_.columns() - 1, 1));
  write_stderr("\r" + text.substr(0, width) + "\x1b[K");
  drawn_ = true;
}

void Progress::finish() {
  if (std::exchange(drawn_, false)) write_stderr("\r\x1b[K");
}

}  // namespace tally::cli
