// Other programs: started, watched and ended here alone. For cold paths.
#pragma once

#include <csignal>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "core/result.hpp"

namespace tally::core {

// Instead of a descriptor, where a standard stream of a program goes.
inline constexpr int kOwnStream = -1;   // to where ours goes
inline constexpr int kNullStream = -2;  // /dev/null

struct SpawnRequest {
  std::vector<std::string> arguments;                   // the program first, looked up in PATH
  std::optional<std::vector<std::string>> environment;  // "NAME=value"; ours when not given
  int input = kNullStream;
  int output = kOwnStream;
  int errors = kOwnStream;
  std::optional<sigset_t> blocked;  // signals that it blocks; as the caller when not given
  bool default_signals = false;     // SIGINT, SIGTERM, SIGHUP, SIGPIPE and SIGQUIT are not ignored
  // A process group of its own: what the terminal sends reaches this process alone, and kill() all
  // that the program has started.
  bool own_group = false;
  int fifo_priority = 0;  // above 0: under SCHED_FIFO; otherwise under the caller's policy
};

// How a program ended.
struct ProcessExit {
  int status = 0;  // that it gave
  int signal = 0;  // that ended it, 0 when none did
  // As a shell tells it: the status, or 128 + the signal.
  [[nodiscard]] int code() const { return signal != 0 ? 128 + signal : status; }
};

// A program that runs. One that was not waited for is killed, with its group when it has one of its
// own, and reaped by the destructor. One thread at a time.
class Child {
 public:
  // By posix_spawn, which shares the memory of this process until the exec, so that the time does
  // not grow with the size of the caller. Errors: what the system says, no_input when there is no
  // such program.
  [[nodiscard]] static Result<Child> start(const SpawnRequest& request);
  Child(Child&& other) noexcept : pid_(other.pid_), own_group_(other.own_group_) {
    other.pid_ = -1;
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child();

  // Until it has ended.
  [[nodiscard]] pid_t pid() const { return pid_; }
  void kill(int signal) const;
  // Waits for its end. Once.
  [[nodiscard]] Result<ProcessExit> wait();
  // Empty as long as it runs.
  [[nodiscard]] Result<std::optional<ProcessExit>> try_wait();

 private:
  Child(pid_t pid, bool own_group) : pid_(pid), own_group_(own_group) {}
  [[nodiscard]] Result<std::optional<ProcessExit>> wait_with(int flags);

  pid_t pid_;  // -1 when it was reaped
  bool own_group_;
};

// Where the standard output of a program goes. Its standard error is ours, its input empty.
enum class ProcessOutput { capture, to_stderr };

struct ProcessRequest {
  std::vector<std::string> arguments;                   // the program first, looked up in PATH
  std::optional<std::vector<std::string>> environment;  // "NAME=value"; ours when not given
  ProcessOutput output = ProcessOutput::capture;
  std::size_t output_limit_bytes = std::size_t{1} << 20U;
};

struct ProcessEnd {
  int status = 0;  // of exit, or 128 + the signal that ended it
  std::string output;
};

// Runs a program to its end. Errors: unavailable when it cannot be run; bad_data when it prints
// more than the limit; os_failure. A program that fails is no error here.
[[nodiscard]] Result<ProcessEnd> run_process(const ProcessRequest& request);

}  // namespace tally::core
