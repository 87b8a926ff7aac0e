#include "cli/output.hpp"

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstdlib>
#include <langinfo.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

namespace tally::cli {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10U;
constexpr int kDefaultColumns = 80;

bool is_set(const char* variable) {
  const char* text = std::getenv(variable);
  return text != nullptr && text[0] != '\0';
}

// The conventions of no-color.org and of CLICOLOR_FORCE; the option wins over both.
bool wants_color(ColorChoice choice, bool terminal) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
  if (is_set("NO_COLOR")) return false;
  const char* force = std::getenv("CLICOLOR_FORCE");
  if (is_set("CLICOLOR_FORCE") && std::string_view(force) != "0") return true;
  const char* terminal_type = std::getenv("TERM");
  return terminal && terminal_type != nullptr && std::string_view(terminal_type) != "dumb";
}

bool locale_is_utf8() {
  std::setlocale(LC_CTYPE, "");
  return std::string_view(::nl_langinfo(CODESET)) == "UTF-8";
}

int terminal_columns() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultColumns;
  return size.ws_col;
}

// Writes all of `text`; returns errno, or 0.
int write_to(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

Output::Output(std::string tool, ColorChoice color, int verbosity)
    : tool_(std::move(tool)),
      verbosity_(verbosity),
      stdout_is_terminal_(::isatty(STDOUT_FILENO) == 1),
      stderr_is_terminal_(::isatty(STDERR_FILENO) == 1),
      stdout_color_(wants_color(color, stdout_is_terminal_)),
      stderr_color_(wants_color(color, stderr_is_terminal_)),
      utf8_(locale_is_utf8()),
      columns_(terminal_columns()) {}

void Output::write(std::string_view text) {
  buffer_ += text;
  if (buffer_.size() >= kBufferBytes) give_out();
}

void Output::give_out() {
  if (stdout_is_terminal_ && !buffer_.empty()) wipe_status();
  if (write_errno_ == 0) write_errno_ = write_to(STDOUT_FILENO, buffer_);
  buffer_.clear();
}

void Output::line(std::string_view text) {
  write(text);
  write("\n");
}

Status Output::flush() {
  give_out();
  if (const int failed = std::exchange(write_errno_, 0); failed != 0) {
    return fail(core::os_error(Code::io, "cannot write standard output", failed));
  }
  return {};
}

// One write a line, so that the lines of several processes on one terminal do not mix. Nobody is
// left to tell when standard error itself fails.
void Output::say(const char* label, const char* color, std::string_view text) {
  std::string line = tool_ + ": ";
  if (label[0] != '\0') {
    line += stderr_color_ ? fmt::format("\x1b[{}m{}:\x1b[0m ", color, label)
                          : fmt::format("{}: ", label);
  }
  line += text;
  line += '\n';
  wipe_status();
  static_cast<void>(write_to(STDERR_FILENO, line));
}

void Output::error(const Error& error) {
  say("error", "1;31", error.message);
  if (!error.hint.empty()) say("hint", "36", error.hint);
}

void Output::warning(std::string_view text, std::string_view hint) {
  if (verbosity_ < 0) return;
  say("warning", "1;33", text);
  if (!hint.empty()) say("hint", "36", hint);
}

void Output::note(std::string_view text) {
  if (verbosity_ >= 0) say("", "", text);
}

void Output::detail(std::string_view text) {
  if (verbosity_ > 0) say("", "", text);
}

// A longer line would be wrapped, and could not be wiped; "\x1b[K" clears what is right of it. A
// status that cannot be written is no loss.
void Output::show_status(std::string_view text) {
  const auto width = static_cast<std::size_t>(std::max(columns_ - 1, 1));
  static_cast<void>(write_to(STDERR_FILENO, fmt::format("\r{}\x1b[K", text.substr(0, width))));
  status_stands_ = true;
}

void Output::wipe_status() {
  if (std::exchange(status_stands_, false)) {
    static_cast<void>(write_to(STDERR_FILENO, "\r\x1b[K"));
  }
}

}  // namespace tally::cli
