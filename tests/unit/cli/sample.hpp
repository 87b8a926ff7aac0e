// A small tool with every kind of option, run in this process with its output caught.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <string>
#include <sys/mman.h>
#include <unistd.h>
#include <vector>

#include "cli/app.hpp"
#include "cli/doctor.hpp"

namespace tally::test {

struct Ran {
  int status = -1;
  std::string out;
  std::string err;
};

// Points a standard descriptor at an unnamed file for the lifetime of the object.
class Caught {
 public:
  explicit Caught(int fd)
      : fd_(fd), saved_(::dup(fd)), file_(::memfd_create("caught", MFD_CLOEXEC)) {
    ::dup2(file_, fd_);
  }
  ~Caught() {
    ::dup2(saved_, fd_);
    ::close(saved_);
    ::close(file_);
  }
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;

  [[nodiscard]] std::string text() const {
    std::string text(static_cast<std::size_t>(::lseek(file_, 0, SEEK_END)), '\0');
    const auto count = ::pread(file_, text.data(), text.size(), 0);
    text.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
    return text;
  }

 private:
  int fd_;
  int saved_;
  int file_;
};

inline Ran run(cli::App& app, std::vector<std::string> words) {
  std::string name = "tally-demo";
  std::vector<char*> argv{name.data()};
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  std::fflush(stdout);
  const Caught out(STDOUT_FILENO);
  const Caught err(STDERR_FILENO);
  const int status = app.main(static_cast<int>(argv.size()) - 1, argv.data());
  return Ran{status, out.text(), err.text()};
}

// tally-demo [OPTIONS] FROM TO, tally-demo ring stat NAME, tally-demo fail.
struct Sample {
  Sample() : app("tally-demo", "shows what a tool can say") {
    // Neither the host's nor the user's files take part.
    ::setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
    auto& root = app.root();
    root.argument("FROM", from, "where records come from")
        .argument("TO", to, "where they go")
        .option("-n,--count", count, "N", "how many", 1, 100)
        .option("--rate", rate, "R", "how fast", 0.5, 9.5)
        .option("--wait", wait, "how long")
        .option("--bytes", bytes, "how large")
        .option("--peer", peers, "NAME", "whom; may be given again")
        .option("-o,--output", output, "FILE", "where to", {cli::Completion::Kind::file, {}, {}})
        .flag("--low-s", low_s, "only low values")
        .choice("--format", format, {"text", "json", "csv"}, "which form")
        .example("tally-demo udp://127.0.0.1:9000 -")
        .on_run([this](cli::Invocation& run) {
          run.out.print("{} {} {}\n", from, to, count);
          return handler ? handler(run) : Result<Code>(Code::ok);
        });
    auto& ring = root.command("ring", "look after rings");
    ring.command("stat", "show one ring")
        .argument("NAME", ring_name, "the ring", true,
                  {cli::Completion::Kind::dynamic, {}, "rings"})
        .flag("--raw", raw, "all fields")
        .on_run([this](cli::Invocation& run) -> Result<Code> {
          run.out.line("stat " + ring_name);
          return Code::ok;
        });
    app.on_complete("rings", [] { return std::vector<std::string>{"requests", "signed"}; });
  }

  Ran run(std::vector<std::string> words) { return test::run(app, std::move(words)); }

  cli::App app;
  std::string from, to, output, ring_name;
  std::string format = "text";
  std::int64_t count = 5;
  double rate = 1;
  cli::Duration wait{1'500'000};
  cli::ByteSize bytes{65536};
  std::vector<std::string> peers;
  bool low_s = false;
  bool raw = false;
  cli::Handler handler;
};

// A variable of the environment for the lifetime of the object.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

// A file with `content` that goes with the object.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content) {
    const int fd = ::mkstemp(path_.data());
    ::close(fd);
    std::ofstream(path_) << content;
  }
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/tally-cli-XXXXXX";
};

}  // namespace tally::test
