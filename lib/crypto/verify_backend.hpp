// Who verifies: one interface, three implementations, one suite of tests. All give the verdicts
// that libsecp256k1 gives.
//
//   libsecp    each item by itself; the reference
//   portable   sums and ladders in portable code
//   ifma       the same in eight lanes of AVX-512 IFMA
//
// A backend belongs to one thread; it keeps its memory from call to call. It fills pairs of cache
// lines of its own, so that two threads with a backend each never write to one line.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "crypto/key_table.hpp"
#include "crypto/verify_item.hpp"

namespace tally::crypto {

class alignas(128) VerifyBackend {
 public:
  VerifyBackend() = default;
  VerifyBackend(const VerifyBackend&) = delete;
  VerifyBackend& operator=(const VerifyBackend&) = delete;
  virtual ~VerifyBackend() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  // verdicts[i] becomes the verdict of items[i]. Pre: as many verdicts as items.
  virtual void verify_var(std::span<const VerifyItem> items, std::span<Verdict> verdicts) = 0;
  // From now on, signatures under the table's key may be verified by it. The verdicts are the same.
  virtual void know(const std::shared_ptr<const KeyTable>& table) { (void)table; }
};

enum class BackendKind { automatic, libsecp, portable, ifma };

[[nodiscard]] std::optional<BackendKind> parse_backend(std::string_view name);

// Null when the processor cannot run it (ifma). Automatic is the fastest that runs: without lanes
// the portable sums, and libsecp256k1 for what is not summed up.
[[nodiscard]] std::unique_ptr<VerifyBackend> make_backend(BackendKind kind);

// One item by libsecp256k1.
[[nodiscard]] Verdict verify_singly_var(const VerifyItem& item);

}  // namespace tally::crypto
