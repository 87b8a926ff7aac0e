// A program that turns its standard input into its standard output, between two pipes of ours; and
// a subject that sends records through one.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bench/case.hpp"
#include "core/bytes.hpp"
#include "core/fd.hpp"
#include "core/process.hpp"

namespace tally::bench_tool {

// The end of the object is the end of the program.
class Filter {
 public:
  // Errors: what the system says, unavailable when there is no such program.
  [[nodiscard]] static Result<Filter> start(const std::vector<std::string>& words);

  [[nodiscard]] int write_end() const { return write_.get(); }
  [[nodiscard]] int read_end() const { return read_.get(); }

 private:
  Filter(core::Child child, UniqueFd write, UniqueFd read)
      : child_(std::move(child)), write_(std::move(write)), read_(std::move(read)) {}

  core::Child child_;
  UniqueFd write_;
  UniqueFd read_;
};

// Another program of the same build or installation: beside this one.
[[nodiscard]] std::string sibling_program(const std::string& name);

// One operation is one record in and out again, a batch of them at a time.
class Through final : public bench::Subject {
 public:
  // Looks at what came back for the batch. False when it is wrong.
  using Check = std::function<bool(ByteView sent, ByteView came)>;

  // `frames` is a batch of `records` that a pipe holds, to which `answer_bytes` come back.
  Through(Filter filter, std::uint64_t records, Bytes frames, std::size_t answer_bytes,
          Check check);

  [[nodiscard]] std::uint64_t granularity() const override { return records_; }
  void run(std::size_t side, std::uint64_t operations) override;
  [[nodiscard]] bool healthy() const override {
    return healthy_ && (!answered_ || check_(frames_, answer_));
  }

 private:
  bool read_answer();

  Check check_;  // holds what the filter works with, so it goes after it
  Filter filter_;
  std::uint64_t records_;
  Bytes frames_;
  Bytes answer_;
  bool answered_ = false;
  bool healthy_ = true;
};

// `records` frames (framing rec) with a payload of `payload_bytes` each, in sequence.
[[nodiscard]] Bytes record_frames(std::uint64_t records, std::size_t payload_bytes);

}  // namespace tally::bench_tool
