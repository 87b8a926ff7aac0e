// Verification of many items by several threads: submit them with tags, take back tagged verdicts.
//
// submit() gathers items into slices; full slices go to the workers at once, a part of one with
// flush(). complete() gives back what is done, in any order, one completion an item. Each worker
// has a backend and a slice of its own, so workers share no cache line but the queue's; with no
// workers the calling thread does the work in complete().
//
// One thread submits and completes. The bytes that items point to must stay until their completion.
// Slices are allocated as they are needed and used again.
//
// With `recheck_share` above 0 that share of verdicts, chosen by fresh randomness, is checked again
// by libsecp256k1 before it is given out, as one would with a device; a difference is counted, and
// that slice is verified anew by libsecp256k1.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/result.hpp"
#include "crypto/verify_backend.hpp"

namespace tally::crypto {

class BatchVerifier {
 public:
  struct Options {
    BackendKind backend = BackendKind::automatic;
    std::vector<int> cpus;                  // one worker pinned to each; none: the caller works
    std::size_t slice_items = 1024;         // at least 1
    double recheck_share = 0;               // 0 .. 1
    std::shared_ptr<const KeyTable> table;  // of a key that many items are of; null for none
    // Test seam: makes the backend of a worker in place of make_backend.
    std::unique_ptr<VerifyBackend> (*make)(BackendKind) = nullptr;
  };

  // Errors: unavailable when the backend cannot run here or a processor cannot be pinned to.
  [[nodiscard]] static Result<std::unique_ptr<BatchVerifier>> make(Options options);
  BatchVerifier(const BatchVerifier&) = delete;
  BatchVerifier& operator=(const BatchVerifier&) = delete;
  // Waits for the workers' current slices; what is queued is dropped.
  ~BatchVerifier();

  void submit(std::span<const VerifyItem> items);
  void flush();
  // Fills `out` as far as verdicts are there, waiting for at least one if any slice is on its way.
  // Returns how many; 0 when nothing is on its way (what is not flushed is not).
  std::size_t complete(std::span<Completion> out);

  [[nodiscard]] std::string_view backend_name() const;
  // How long backends were at work on what complete() has begun to give out, all workers together.
  [[nodiscard]] std::uint64_t work_ns() const;
  // Slices in which a sampled verdict was wrong, so far.
  [[nodiscard]] std::uint64_t mismatched_slices() const;

 private:
  struct State;
  explicit BatchVerifier(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tally::crypto
