// How the tools speak. Data goes to standard output, words to standard error, each line of words
// with the tool's name before it, lower case, no full stop:
//
//   tally-sign: error: share 2 belongs to another key
//   tally-sign: hint: tally-sign inspect SHARE shows the key id
//
// Colour is used on a terminal only, asked stream by stream; NO_COLOR, TERM=dumb and --color turn
// it off, CLICOLOR_FORCE and --color on. One thread, or one at a time.
//
// A terminal may show a status line behind all that (cli/progress.hpp draws it): whatever is
// written onto the terminal wipes it first, so that no line of data or words begins behind it.
#pragma once

#include <fmt/format.h>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tally::cli {

enum class ColorChoice { automatic, always, never };

class Output {
 public:
  Output(std::string tool, ColorChoice color, int verbosity);

  // Data. Buffered until flush(); a failed write is remembered and returned there.
  void write(std::string_view text);
  void line(std::string_view text);
  template <typename... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    write(fmt::format(format, std::forward<Args>(args)...));
  }
  // Errors: io when anything since the last flush could not be written. EPIPE counts.
  [[nodiscard]] Status flush();

  // Words. error() and hint are always printed; warning() and note() not when quiet; detail() only
  // when verbose.
  void error(const Error& error);
  void warning(std::string_view text, std::string_view hint = {});
  void note(std::string_view text);
  void detail(std::string_view text);

  // The status line, cut to the width of the terminal, in place of the one before. It stands until
  // something else is written there, or it is wiped. Pre: standard error is a terminal.
  void show_status(std::string_view text);
  void wipe_status();

  [[nodiscard]] bool stdout_is_terminal() const { return stdout_is_terminal_; }
  [[nodiscard]] bool stderr_is_terminal() const { return stderr_is_terminal_; }
  [[nodiscard]] bool stdout_color() const { return stdout_color_; }
  [[nodiscard]] bool stderr_color() const { return stderr_color_; }
  // Whether the locale's characters are UTF-8; pictures fall back to ASCII when not.
  [[nodiscard]] bool utf8() const { return utf8_; }
  // Columns of the terminal on standard output, 80 when it is none.
  [[nodiscard]] int columns() const { return columns_; }
  [[nodiscard]] int verbosity() const { return verbosity_; }

 private:
  void say(const char* label, const char* color, std::string_view text);
  void give_out();

  std::string tool_;
  std::string buffer_;
  int write_errno_ = 0;
  int verbosity_ = 0;
  bool stdout_is_terminal_ = false;
  bool stderr_is_terminal_ = false;
  bool stdout_color_ = false;
  bool stderr_color_ = false;
  bool utf8_ = false;
  bool status_stands_ = false;
  int columns_ = 80;
};

}  // namespace tally::cli
