// Ring names of a test process of its own, and the ring's file gone when the test ends, also after
// a failed check.
#pragma once

#include <string>
#include <unistd.h>

#include "ring/options.hpp"

namespace tally::test {

class RingName {
 public:
  explicit RingName(const std::string& what)
      : name_("test-" + what + "-" + std::to_string(::getpid())) {
    ::unlink(path().c_str());
  }
  RingName(const RingName&) = delete;
  RingName& operator=(const RingName&) = delete;
  ~RingName() { ::unlink(path().c_str()); }

  [[nodiscard]] const std::string& str() const { return name_; }
  [[nodiscard]] std::string path() const { return ring::ring_path(name_); }
  [[nodiscard]] bool exists() const { return ::access(path().c_str(), F_OK) == 0; }

 private:
  std::string name_;
};

}  // namespace tally::test
