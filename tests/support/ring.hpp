// Ring names of a test process of its own, and the ring's file gone when the test ends, also after
// a failed check.
#pragma once

#include <cstddef>
#include <cstdint>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <string>
#include <unistd.h>

#include "core/fd.hpp"
#include "queue/wait.hpp"
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

// Stores a word of the ring's file, as a peer that is broken or was killed leaves it. False when it
// cannot, so that a child may call it.
[[nodiscard]] inline bool store_word(const std::string& name, std::size_t at, std::uint64_t word) {
  const UniqueFd file(::open(ring::ring_path(name).c_str(), O_RDWR | O_CLOEXEC));
  return ::pwrite(file.get(), &word, sizeof word, static_cast<off_t>(at)) == sizeof word;
}

// How often a gate (queue::Gate) of the ring, which is `at` so many bytes in its file, has woken.
[[nodiscard]] inline std::uint32_t gate_epoch(const std::string& name, std::size_t at) {
  const UniqueFd file(::open(ring::ring_path(name).c_str(), O_RDONLY | O_CLOEXEC));
  std::uint32_t epoch = 0;
  const auto epoch_at = static_cast<off_t>(at + offsetof(queue::Gate, epoch));
  REQUIRE(::pread(file.get(), &epoch, sizeof epoch, epoch_at) == sizeof epoch);
  return epoch;
}

}  // namespace tally::test
