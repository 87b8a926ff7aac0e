// Rings of many consumers, of one producer and of many, for tests that hold for both.
#pragma once

#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/record.hpp"

namespace tally::test {

struct Spmc {
  using Producer = ring::Producer;
  static constexpr ring::SlotForm kForm = ring::SlotForm::shared_out;
  static constexpr const char* kKind = "kind=spmc";
};
struct Mpmc {
  using Producer = ring::MpscProducer;
  static constexpr ring::SlotForm kForm = ring::SlotForm::traded;
  static constexpr const char* kKind = "kind=mpmc";
};

}  // namespace tally::test
