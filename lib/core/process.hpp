// Another program, run to its end. For cold paths: the caller waits.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/result.hpp"

namespace tally::core {

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

// Errors: unavailable when there is no such program; bad_data when it prints more than the limit;
// os_failure. A program that fails is no error here.
[[nodiscard]] Result<ProcessEnd> run_process(const ProcessRequest& request);

}  // namespace tally::core
