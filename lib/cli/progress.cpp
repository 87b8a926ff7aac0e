#include "cli/progress.hpp"

#include <algorithm>
#include <utility>

#include "core/clock.hpp"

namespace tally::cli {
namespace {

constexpr std::uint64_t kFirstNs = 500'000'000;
constexpr std::uint64_t kTerminalPeriodNs = 100'000'000;
constexpr std::uint64_t kLinePeriodNs = 10'000'000'000;

}  // namespace

Progress::Progress(Output& out, std::string what, std::uint64_t total, std::uint64_t most_ns)
    : out_(out),
      what_(std::move(what)),
      total_(total),
      most_ns_(most_ns),
      start_ns_(core::monotonic_ns()) {
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

// The time left is what the rest takes at the pace so far.
std::string Progress::line(std::uint64_t done, std::uint64_t passed_ns) const {
  const double passed_s = static_cast<double>(passed_ns) / 1e9;
  std::string text = fmt::format("{} {}", what_, done);
  double left_s =
      most_ns_ == 0 ? -1 : std::max(0.0, static_cast<double>(most_ns_) / 1e9 - passed_s);
  if (total_ > 0) {
    const double share = std::min(static_cast<double>(done) / static_cast<double>(total_), 1.0);
    text += fmt::format(" of {}, {:.0f} %", total_, 100 * share);
    if (share > 0) {
      const double by_pace_s = passed_s * (1 - share) / share;
      left_s = left_s < 0 ? by_pace_s : std::min(left_s, by_pace_s);
    }
  }
  text += fmt::format(", {:.0f} s", passed_s);
  if (left_s >= 0) text += fmt::format(", {:.0f} s left", left_s);
  return text;
}

void Progress::draw(std::uint64_t done, std::uint64_t now_ns) {
  const std::string text = line(done, now_ns - start_ns_);
  if (!out_.stderr_is_terminal()) {
    out_.detail(text);
    return;
  }
  out_.show_status(text);
  drawn_ = true;
}

void Progress::finish() {
  if (std::exchange(drawn_, false)) out_.wipe_status();
}

}  // namespace tally::cli
