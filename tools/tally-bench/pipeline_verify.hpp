// Checks the signatures of a pipeline run, every one of them, with libsecp256k1 itself and none of
// this project's cryptography in between. After the run, on all processors, because one check takes
// about as long as a packet needs through the whole chain.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "pipeline_ledger.hpp"

namespace tally::bench_tool {

struct VerifyOptions {
  unsigned threads = 1;
  std::function<bool()> stop;
  std::function<void(std::uint64_t checked)> progress;  // on the caller's thread
};

struct VerifyResult {
  std::uint64_t verified = 0;
  std::uint64_t bad = 0;
  std::optional<std::uint64_t> first_bad;  // sequence
  bool complete = true;                    // false after a stop
};

// A BIP340 public key: 32 bytes, or 33 as in SEC 1, of which the first is left out.
// Errors: bad_data when it is no hexadecimal, of another length or no point of the curve.
[[nodiscard]] Result<ByteArray<32>> parse_xonly_key(const std::string& hex);

[[nodiscard]] VerifyResult verify_signatures(const Ledger& ledger, const ByteArray<32>& key,
                                             const VerifyOptions& options);

}  // namespace tally::bench_tool
