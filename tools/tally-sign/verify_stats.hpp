// What `tally-sign verify --stats` says: whether reading keeps up with verifying.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tally::sign {

struct VerifyStats {
  std::string_view what;     // "lines", "records"
  std::string_view backend;  // crypto::VerifyBackend::name()
  std::uint64_t count = 0;
  std::uint64_t bad = 0;
  std::uint64_t items = 0;       // of these that came to the verifier
  std::uint64_t elapsed_ns = 0;  // since the first byte was asked for
  std::uint64_t input_ns = 0;    // of it waiting for input, and to give out answers
  std::uint64_t waited_ns = 0;   // of it waiting for verdicts, or making them
  std::uint64_t verify_ns = 0;   // all workers together

  // Taking lines apart and writing answers: all that is neither of the two.
  [[nodiscard]] std::uint64_t read_ns() const {
    const std::uint64_t other_ns = input_ns + waited_ns;
    return elapsed_ns > other_ns ? elapsed_ns - other_ns : 0;
  }
  // One line for a person.
  [[nodiscard]] std::string text() const;
};

}  // namespace tally::sign
