// Progress on a pseudo-terminal and without one.
#include "cli/progress.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <thread>

#include "unit/cli/sample.hpp"

using namespace std::chrono_literals;
using tally::cli::ColorChoice;
using tally::cli::Output;
using tally::cli::Progress;

namespace {

// A standard descriptor on a terminal of its own for the lifetime of the object.
class Terminal {
 public:
  explicit Terminal(int fd = STDERR_FILENO)
      : fd_(fd), saved_(::dup(fd)), master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    REQUIRE(master_ >= 0);
    REQUIRE(::grantpt(master_) == 0);
    REQUIRE(::unlockpt(master_) == 0);
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
    REQUIRE(slave_ >= 0);
    ::dup2(slave_, fd_);
  }
  ~Terminal() {
    ::dup2(saved_, fd_);
    ::close(saved_);
    ::close(slave_);
    ::close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  // What has been written so far.
  [[nodiscard]] std::string text() const {
    std::string text(65536, '\0');
    ::fcntl(master_, F_SETFL, O_NONBLOCK);
    const auto count = ::read(master_, text.data(), text.size());
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }

 private:
  int fd_;
  int saved_;
  int master_;
  int slave_ = -1;
};

std::size_t count_of(const std::string& text, char wanted) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), wanted));
}

}  // namespace

TEST_SUITE_BEGIN("cli");

TEST_CASE("progress on a terminal is drawn late and erased at the end") {
  const Terminal terminal;
  Output out("tally-demo", ColorChoice::never, 0);
  REQUIRE(out.stderr_is_terminal());
  Progress progress(out, "records", 200);
  progress.update(10);
  CHECK(terminal.text().empty());
  std::this_thread::sleep_for(520ms);
  progress.update(50);
  const std::string drawn = terminal.text();
  CHECK(drawn.find("\rrecords 50 of 200, 25 %, ") == 0);
  CHECK(count_of(drawn, '\n') == 0);
  progress.finish();
  CHECK(terminal.text() == "\r\x1b[K");
  progress.finish();
  CHECK(terminal.text().empty());
}

TEST_CASE("progress says how long the rest takes at this pace or may take at most") {
  const Terminal terminal;
  Output out("tally-demo", ColorChoice::never, 0);
  Progress endless(out, "records", 0);
  Progress paced(out, "records", 1'000'000);
  Progress bounded(out, "records", 1'000'000, 1'000'000'000);
  Progress late(out, "records", 0, 1'000'000);
  std::this_thread::sleep_for(550ms);
  endless.update(7);
  CHECK(terminal.text().find("left") == std::string::npos);
  paced.update(500'000);
  CHECK(terminal.text().find(" s left") != std::string::npos);
  paced.rename("others");
  std::this_thread::sleep_for(110ms);
  paced.update(1'000'000);
  const std::string whole = terminal.text();
  CHECK(whole.find("\rothers 1000000 of 1000000, 100 %, ") == 0);
  CHECK(whole.find(" s, 0 s left") != std::string::npos);
  bounded.update(1);
  CHECK(terminal.text().find(" 0 s left") != std::string::npos);
  late.update(1);
  CHECK(terminal.text().find(", 0 s left") != std::string::npos);
}

TEST_CASE("progress is drawn at most ten times a second") {
  const Terminal terminal;
  Output out("tally-demo", ColorChoice::never, 0);
  Progress progress(out, "records", 0);
  std::this_thread::sleep_for(520ms);
  const auto start = std::chrono::steady_clock::now();
  std::uint64_t done = 0;
  while (std::chrono::steady_clock::now() - start < 250ms) progress.update(++done);
  const auto elapsed = std::chrono::steady_clock::now() - start;
  const auto most = static_cast<std::size_t>(elapsed / 100ms) + 1;
  const auto drawn = count_of(terminal.text(), '\r');
  CHECK(drawn >= 1);
  CHECK(drawn <= most);
}

TEST_CASE("progress without a terminal and progress of a quiet tool say nothing") {
  const tally::test::Caught err(STDERR_FILENO);
  Output out("tally-demo", ColorChoice::never, 0);
  Progress progress(out, "records", 0);
  std::this_thread::sleep_for(520ms);
  progress.update(5);
  progress.finish();
  CHECK(err.text().empty());
  const Terminal terminal;
  Output quiet("tally-demo", ColorChoice::never, -1);
  Progress silent(quiet, "records", 0);
  std::this_thread::sleep_for(520ms);
  silent.update(5);
  silent.finish();
  CHECK(terminal.text().empty());
}

TEST_CASE("words and data on a terminal do not begin behind a status line") {
  const Terminal terminal;
  const Terminal data(STDOUT_FILENO);
  Output out("tally-demo", ColorChoice::never, 0);
  out.show_status("records 5");
  CHECK(terminal.text() == "\rrecords 5\x1b[K");
  out.note("hear");
  CHECK(terminal.text() == "\r\x1b[Ktally-demo: hear\r\n");
  out.show_status("records 6");
  out.line("data");
  CHECK(terminal.text() == "\rrecords 6\x1b[K");
  CHECK(out.flush());
  CHECK(terminal.text() == "\r\x1b[K");
  CHECK(data.text() == "data\r\n");
  out.show_status("records 7");
  // Nothing is written, so it stands.
  CHECK(out.flush());
  CHECK(terminal.text() == "\rrecords 7\x1b[K");
  out.wipe_status();
  out.wipe_status();
  CHECK(terminal.text() == "\r\x1b[K");
  out.show_status(std::string(1000, 'x'));
  const std::string cut = terminal.text();
  CHECK(count_of(cut, 'x') == static_cast<std::size_t>(out.columns() - 1));
}

TEST_CASE("data that goes elsewhere leaves the status line alone") {
  const Terminal terminal;
  const tally::test::Caught file(STDOUT_FILENO);
  Output out("tally-demo", ColorChoice::never, 0);
  out.show_status("records 5");
  out.line("data");
  CHECK(out.flush());
  CHECK(terminal.text() == "\rrecords 5\x1b[K");
  CHECK(file.text() == "data\n");
}

TEST_SUITE_END();
