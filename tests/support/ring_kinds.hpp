// Each kind of ring by the same words, for tests of what all of them promise: push() and take() of
// one record, both false where there is none or no room, and wait_room() for a record of push().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "core/bytes.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/consumer.hpp"
#include "ring/lean_consumer.hpp"
#include "ring/lean_producer.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/options.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"

namespace tally::test {

template <typename ProducerEnd, typename ConsumerEnd, ring::SlotForm kSlotForm>
struct OfSlots {
  using Producer = ProducerEnd;
  using Consumer = ConsumerEnd;
  static constexpr ring::SlotForm kForm = kSlotForm;
  static ring::Options options() {
    ring::Options options;
    options.form = kForm;
    options.slots = 2;
    options.wait = queue::WaitPolicy::futex;
    return options;
  }
  static bool push(Producer& producer) { return producer.try_push({}, {}); }
  static bool take(Consumer& consumer) {
    ring::RecordMeta meta;
    return consumer.try_pop(meta, {});
  }
  static ring::PushResult wait_room(Producer& producer, std::uint64_t deadline_ns) {
    return producer.wait_writable(deadline_ns);
  }
};
struct OneToOne : OfSlots<ring::Producer, ring::Consumer, ring::SlotForm::stamped_fixed> {};
struct ManyToOne : OfSlots<ring::MpscProducer, ring::Consumer, ring::SlotForm::claimed> {};
struct OneToMany : OfSlots<ring::Producer, ring::SpmcConsumer, ring::SlotForm::shared_out> {};
struct ManyToMany : OfSlots<ring::MpscProducer, ring::SpmcConsumer, ring::SlotForm::traded> {};

struct LeanSlots : OfSlots<ring::LeanProducer, ring::LeanConsumer, ring::SlotForm::lean> {
  static bool push(Producer& producer) { return producer.try_push({}); }
  static bool take(Consumer& consumer) {
    std::size_t length = 0;
    return consumer.try_pop({}, length);
  }
};

struct ByteArea {
  using Producer = ring::ByteProducer;
  using Consumer = ring::ByteConsumer;
  static constexpr std::array<std::uint8_t, 500> kPayload{};
  static ring::Options options() {
    ring::Options options;
    options.form = ring::SlotForm::bytes;
    options.bytes = 4096;
    options.wait = queue::WaitPolicy::futex;
    return options;
  }
  static bool push(Producer& producer) { return producer.try_push(kPayload); }
  static bool take(Consumer& consumer) {
    std::array<ring::ByteRecord, 1> record;
    if (consumer.peek(record) == 0) return false;
    consumer.release(record);
    return true;
  }
  static ring::PushResult wait_room(Producer& producer, std::uint64_t deadline_ns) {
    return producer.wait_writable(kPayload.size(), deadline_ns);
  }
};

// A broadcast whose producer waits for its readers, and one whose does not.
struct GatedCast {
  using Producer = ring::BroadcastProducer;
  using Consumer = ring::BroadcastReader;
  static ring::Options options() {
    ring::Options options = ByteArea::options();
    options.form = ring::SlotForm::broadcast;
    options.full = ring::Full::block;
    return options;
  }
  static bool push(Producer& producer) {
    return producer.push(ByteArea::kPayload) == ring::PushResult::ok;
  }
  static bool take(Consumer& consumer) {
    std::array<ring::BroadcastRecord, 1> record;
    Bytes room(consumer.room_bytes());
    if (consumer.read(record, room) == 0) return false;
    consumer.release(record);
    return true;
  }
  static ring::PushResult wait_room(Producer& producer, std::uint64_t deadline_ns) {
    return producer.wait_writable(ByteArea::kPayload.size(), deadline_ns);
  }
};
struct LossyCast : GatedCast {
  static ring::Options options() {
    ring::Options options = GatedCast::options();
    options.full.reset();
    return options;
  }
};

}  // namespace tally::test
