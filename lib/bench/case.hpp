// Benchmark cases and where they are kept. A case is one figure, "queue.spsc.pair", of ours, and of
// peers that do the same work in the same run.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/statistics.hpp"
#include "core/result.hpp"

namespace tally::bench {

// What is measured. Made and destroyed on the owner's thread; run() is called again and again on
// the threads of a Team, with the same count on every side at once.
class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;

  // Asked on the owner's thread before each run(), outside of what is timed: makes ready what
  // `operations` operations use up.
  virtual void prepare(std::uint64_t /*operations*/) {}

  // Does `operations` operations as side 0 or, in a case of two threads, side 1. Allocates nothing
  // that it did not allocate the first time. Side 0 is timed, so it must be the one that ends last.
  virtual void run(std::size_t side, std::uint64_t operations) = 0;

  // What one operation came to, in the case's unit, where that is not its duration: bytes said, for
  // one. Asked on the owner's thread after each run().
  [[nodiscard]] virtual std::optional<double> figure() const { return std::nullopt; }

  // run() is given multiples of this.
  [[nodiscard]] virtual std::uint64_t granularity() const { return 1; }
  // Asked on the owner's thread after every slice: false when an answer was wrong, so that a figure
  // of broken work is never printed.
  [[nodiscard]] virtual bool healthy() const { return true; }
};

using Factory = std::function<Result<std::unique_ptr<Subject>>()>;

struct Peer {
  std::string name;
  Factory make;
  bool limit = false;  // what the hardware can do, as a copy between cores: no rival
};

struct Case {
  std::string name;     // "area.thing.detail"
  std::string summary;  // one line for `tally-bench list`
  std::string unit = "ns";
  Kind kind = Kind::cost;
  std::size_t threads = 1;
  // The calibration's own round trip is the limit of this one.
  bool round_trip = false;
  // Whether instructions an operation are the same on every host (bench/callgrind.hpp).
  bool countable = true;
  std::optional<double> seed;  // the figure the project began with, in `unit`
  std::vector<std::string> notes;
  Factory make;
  std::vector<Peer> peers;
};

class Registry {
 public:
  // The name must be new.
  void add(Case definition);
  // Adds a peer to a case that exists; false when it does not.
  bool add_peer(std::string_view case_name, Peer peer);

  [[nodiscard]] const std::vector<Case>& cases() const { return cases_; }

  // Cases whose name is `pattern`, begins with `pattern` and a dot, or matches it as a glob of
  // fnmatch(3); all for an empty pattern. Errors: no_input when there is none, usage when the
  // pattern holds a character that no case name and no glob has.
  [[nodiscard]] Result<std::vector<const Case*>> select(const std::string& pattern) const;

 private:
  std::vector<Case> cases_;  // sorted by name
};

}  // namespace tally::bench
