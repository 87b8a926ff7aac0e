// A child process of a test, killed and reaped when the test leaves the scope.
#pragma once

#include <csignal>
#include <cstdlib>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace tally::test {

class Child {
 public:
  // Runs `body` in a fork of this process, which must have one thread, and ends it with the status
  // that `body` returns. It ends with this process, however that ends.
  template <typename Body>
  explicit Child(Body body) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(::getppid() == parent ? body() : EXIT_FAILURE);
  }
  Child(Child&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Child& operator=(Child&&) = delete;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ > 0) kill_and_reap();
  }

  [[nodiscard]] pid_t pid() const { return pid_; }
  void send(int number) const { ::kill(pid_, number); }
  void kill_and_reap() {
    ::kill(pid_, SIGKILL);
    (void)reap();
  }
  // Waits for the end; the exit status, or minus the signal's number.
  [[nodiscard]] int reap() {
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace tally::test
