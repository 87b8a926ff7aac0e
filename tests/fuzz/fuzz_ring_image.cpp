// Attaching to a file of /dev/shm that somebody has changed: it is refused, or used without leaving
// its bounds. Input: a mode byte (1: seal the header again, so that the checks behind the CRC are
// reached; 2: cut the file at the next two bytes; 4: a ring of bytes; 8: a broadcast, and with 32
// one whose producer waits for its readers; 16: a ring of many producers; 64: one of many
// consumers, and with 16 of many of both; 128: a lean ring), then patches of three bytes: offset,
// xor value.
#include <array>
#include <cstring>
#include <unistd.h>
#include <vector>

#include "core/endian.hpp"
#include "core/file.hpp"
#include "ring/broadcast_producer.hpp"
#include "ring/broadcast_reader.hpp"
#include "ring/byte_consumer.hpp"
#include "ring/byte_producer.hpp"
#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/layout.hpp"
#include "ring/lean_consumer.hpp"
#include "ring/lean_producer.hpp"
#include "ring/mpsc_producer.hpp"
#include "ring/producer.hpp"
#include "ring/spmc_consumer.hpp"
#include "ring/verify.hpp"

namespace {

namespace ring = tally::ring;

const std::string& ring_name() {
  static const std::string name = "fuzz-image-" + std::to_string(::getpid());
  return name;
}

ring::Options small() {
  ring::Options options;
  options.slots = 4;
  options.bytes = 64;
  options.open_timeout_ns = 0;
  return options;
}

// A whole ring of four slots with two records unread that nobody holds.
tally::Bytes make_image() {
  ::unlink(ring::ring_path(ring_name()).c_str());
  {
    auto producer = ring::Producer::open(ring_name(), small()).value();
    producer.try_push({}, tally::core::as_bytes("one"));
    producer.try_push({}, tally::core::as_bytes("two"));
  }
  const auto text = tally::core::read_file(ring::ring_path(ring_name())).value();
  const auto view = tally::core::as_bytes(text);
  return {view.begin(), view.end()};
}

// The same as a lean ring.
tally::Bytes make_lean_image() {
  ::unlink(ring::ring_path(ring_name()).c_str());
  {
    ring::Options options = small();
    options.bytes = 16;
    auto producer = ring::LeanProducer::open(ring_name(), options).value();
    producer.try_push(tally::core::as_bytes("one"));
    producer.try_push(tally::core::as_bytes("two"));
  }
  const auto text = tally::core::read_file(ring::ring_path(ring_name())).value();
  const auto view = tally::core::as_bytes(text);
  return {view.begin(), view.end()};
}

// The same as a ring of bytes.
tally::Bytes make_byte_image() {
  ::unlink(ring::ring_path(ring_name()).c_str());
  {
    ring::Options options;
    options.bytes = ring::kMinAreaBytes;
    auto producer = ring::ByteProducer::open(ring_name(), options).value();
    producer.try_push(tally::core::as_bytes("one"));
    producer.try_push(tally::core::as_bytes("two"));
  }
  const auto text = tally::core::read_file(ring::ring_path(ring_name())).value();
  const auto view = tally::core::as_bytes(text);
  return {view.begin(), view.end()};
}

// The same of many producers, of which one has left with a claim that it gave up and another is
// noted as killed with one.
tally::Bytes make_many_image() {
  ::unlink(ring::ring_path(ring_name()).c_str());
  auto first = ring::MpscProducer::open(ring_name(), small()).value();
  first.try_push({}, tally::core::as_bytes("one"));
  {
    auto leaves = ring::MpscProducer::open(ring_name()).value();
    (void)leaves.claim(1);
  }
  auto second = ring::MpscProducer::open(ring_name()).value();
  (void)second.claim(1);
  first.try_push({}, tally::core::as_bytes("two"));
  const auto text = tally::core::read_file(ring::ring_path(ring_name())).value();
  const auto view = tally::core::as_bytes(text);
  return {view.begin(), view.end()};
}

// The same of many consumers, of which one has left with a claim and two hold others; of many
// producers as well, one of them with a claim.
template <typename Producer>
tally::Bytes make_shared_image(ring::SlotForm form) {
  ::unlink(ring::ring_path(ring_name()).c_str());
  ring::Options options = small();
  options.form = form;
  options.slots = 8;
  auto producer = Producer::open(ring_name(), options).value();
  for (int i = 0; i < 6; ++i) producer.try_push({}, tally::core::as_bytes("one of six"));
  {
    auto leaves = ring::SpmcConsumer::open(ring_name(), options).value();
    (void)leaves.peek(1);
  }
  auto first = ring::SpmcConsumer::open(ring_name(), options).value();
  auto second = ring::SpmcConsumer::open(ring_name(), options).value();
  (void)first.peek(1);
  (void)second.peek(2);
  second.release(1);
  (void)producer.claim(1);
  const auto text = tally::core::read_file(ring::ring_path(ring_name())).value();
  const auto view = tally::core::as_bytes(text);
  return {view.begin(), view.end()};
}

// The same as a broadcast that a reader has left and that has gone round, or is held up by it.
tally::Bytes make_broadcast_image(ring::Full full) {
  ::unlink(ring::ring_path(ring_name()).c_str());
  ring::Options options;
  options.bytes = ring::kMinAreaBytes;
  options.full = full;
  auto producer = ring::BroadcastProducer::open(ring_name(), options).value();
  const auto reader = ring::BroadcastReader::open(ring_name()).value();
  for (int i = 0; i < 100; ++i) (void)producer.push(tally::core::as_bytes("one of one hundred"));
  const auto text = tally::core::read_file(ring::ring_path(ring_name())).value();
  const auto view = tally::core::as_bytes(text);
  return {view.begin(), view.end()};
}

tally::Bytes patched(tally::Bytes image, tally::ByteView input) {
  if (input.empty()) return image;
  const std::uint8_t mode = input[0];
  input = input.subspan(1);
  std::size_t cut = image.size();
  if ((mode & 2U) != 0 && input.size() >= 2) {
    cut = tally::core::load_le<std::uint16_t>(input.data()) % image.size();
    input = input.subspan(2);
  }
  for (; input.size() >= 3; input = input.subspan(3)) {
    image[tally::core::load_le<std::uint16_t>(input.data()) % image.size()] ^= input[2];
  }
  if ((mode & 1U) != 0) {
    ring::StaticHeader header;
    std::memcpy(&header, image.data(), sizeof header);
    header.crc32c = ring::header_crc32c(header);
    std::memcpy(image.data(), &header, sizeof header);
  }
  image.resize(cut);
  return image;
}

constexpr std::uint64_t kLongPast = 1;

void take_one(tally::Result<ring::Consumer>& consumer, tally::Bytes& buffer) {
  ring::RecordMeta meta;
  if (consumer && consumer->pop_wait(meta, buffer, kLongPast) == ring::PopResult::ok &&
      meta.length > consumer->payload_bytes()) {
    __builtin_trap();
  }
}

void use_slots() {
  auto consumer = ring::Consumer::open(ring_name());
  auto producer = ring::Producer::open(ring_name());
  tally::Bytes buffer(ring::kMaxPayloadBytes);
  for (int i = 0; i < 8; ++i) {
    take_one(consumer, buffer);
    if (producer) (void)producer->push({}, tally::core::as_bytes("three"), kLongPast);
  }
}

void use_lean() {
  auto consumer = ring::LeanConsumer::open(ring_name());
  auto producer = ring::LeanProducer::open(ring_name());
  tally::Bytes buffer(ring::kMaxLeanBytes);
  std::size_t length = 0;
  for (int i = 0; i < 8; ++i) {
    if (consumer && consumer->pop_wait(buffer, length, kLongPast) == ring::PopResult::ok &&
        length > consumer->payload_bytes()) {
      __builtin_trap();
    }
    if (producer && producer->put(tally::core::as_bytes("three"))) producer->commit();
    if (producer) (void)producer->push(tally::core::as_bytes("four"), kLongPast);
    if (!consumer || consumer->peek(3) == 0) continue;
    if (consumer->record(0).payload.size() > consumer->payload_bytes()) __builtin_trap();
    consumer->release(1);
    if (consumer->depth() > consumer->capacity()) __builtin_trap();
  }
}

void use_many() {
  ring::Options options;
  options.form = ring::SlotForm::claimed;
  options.open_timeout_ns = 0;
  auto consumer = ring::Consumer::open(ring_name(), options);
  auto first = ring::MpscProducer::open(ring_name(), options);
  auto second = ring::MpscProducer::open(ring_name(), options);
  tally::Bytes buffer(ring::kMaxPayloadBytes);
  for (int i = 0; i < 8; ++i) {
    take_one(consumer, buffer);
    if (first) (void)first->push({}, tally::core::as_bytes("three"), kLongPast);
    if (second && second->claim(2) == 2) second->commit(1);
    if (consumer && consumer->depth() > consumer->capacity()) __builtin_trap();
  }
}

template <typename Producer>
void use_shared(ring::SlotForm form) {
  ring::Options options;
  options.form = form;
  options.open_timeout_ns = 0;
  auto first = ring::SpmcConsumer::open(ring_name(), options);
  auto second = ring::SpmcConsumer::open(ring_name(), options);
  auto producer = Producer::open(ring_name(), options);
  std::uint64_t sum = 0;
  for (int i = 0; i < 8; ++i) {
    for (auto* consumer : {&first, &second}) {
      if (!*consumer || (*consumer)->wait_readable(kLongPast) != ring::PopResult::ok) continue;
      ring::SpmcConsumer& end = **consumer;
      const std::size_t count = end.peek(3);
      for (std::size_t k = 0; k < count; ++k) {
        const auto record = end.record(k);
        if (record.payload.size() > end.payload_bytes()) __builtin_trap();
        for (const std::uint8_t byte : record.payload) sum += byte;
      }
      end.release(count > 1 ? count - 1 : count);
      if (end.depth() > end.capacity()) __builtin_trap();
    }
    if (producer) (void)producer->push({}, tally::core::as_bytes("three"), kLongPast);
  }
  if (sum == UINT64_MAX) __builtin_trap();  // every byte was read
}

void use_bytes() {
  auto consumer = ring::ByteConsumer::open(ring_name());
  auto producer = ring::ByteProducer::open(ring_name());
  std::uint64_t sum = 0;
  for (int i = 0; i < 8; ++i) {
    std::array<ring::ByteRecord, 3> records;
    if (consumer && consumer->wait_readable(kLongPast) == ring::PopResult::ok) {
      const std::size_t count = consumer->peek(records);
      for (std::size_t k = 0; k < count; ++k) {
        if (records[k].payload.size() > consumer->payload_bytes()) __builtin_trap();
        for (const std::uint8_t byte : records[k].payload) sum += byte;
      }
      consumer->release({records.data(), count});
    }
    if (producer && producer->wait_writable(5, kLongPast) == ring::PushResult::ok)
      (void)producer->try_push(tally::core::as_bytes("three"));
  }
  if (sum == UINT64_MAX) __builtin_trap();  // every byte was read
}

void use_broadcast(ring::Full full) {
  ring::Options options;
  options.full = full;
  auto reader = ring::BroadcastReader::open(ring_name(), options);
  auto producer = ring::BroadcastProducer::open(ring_name(), options);
  auto joins = ring::BroadcastReader::open(ring_name(), options);
  tally::Bytes room(ring::kMinAreaBytes);
  std::uint64_t sum = 0;
  for (int i = 0; i < 8; ++i) {
    std::array<ring::BroadcastRecord, 3> records;
    if (reader && reader->wait_readable(kLongPast) == ring::PopResult::ok) {
      const std::size_t count = reader->read(records, room);
      for (std::size_t k = 0; k < count; ++k) {
        if (records[k].payload.size() > reader->payload_bytes()) __builtin_trap();
        for (const std::uint8_t byte : records[k].payload) sum += byte;
      }
      reader->release({records.data(), count});
    }
    if (!producer) continue;
    if (producer->push(tally::core::as_bytes("three")) == ring::PushResult::full)
      (void)producer->wait_writable(ring::kMinAreaBytes / 5, kLongPast);
    if (joins && i == 4) joins->close();
  }
  if (sum == UINT64_MAX) __builtin_trap();  // every byte was read
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tally::Bytes slots_image = make_image();
  static const tally::Bytes bytes_image = make_byte_image();
  static const tally::Bytes broadcast_image = make_broadcast_image(ring::Full::drop_old);
  static const tally::Bytes gated_image = make_broadcast_image(ring::Full::block);
  static const tally::Bytes many_image = make_many_image();
  static const tally::Bytes shared_image =
      make_shared_image<ring::Producer>(ring::SlotForm::shared_out);
  static const tally::Bytes traded_image =
      make_shared_image<ring::MpscProducer>(ring::SlotForm::traded);
  static const tally::Bytes lean_image = make_lean_image();
  const bool is_lean = size != 0 && (data[0] & 128U) != 0;
  const bool is_shared = size != 0 && (data[0] & 64U) != 0;
  const bool is_many = size != 0 && (data[0] & 16U) != 0;
  const bool is_broadcast = size != 0 && (data[0] & 8U) != 0;
  const bool is_gated = is_broadcast && (data[0] & 32U) != 0;
  const bool is_bytes = !is_broadcast && size != 0 && (data[0] & 4U) != 0;
  const std::string path = ring::ring_path(ring_name());
  ::unlink(path.c_str());
  const tally::Bytes& image = is_lean        ? lean_image
                              : is_shared    ? (is_many ? traded_image : shared_image)
                              : is_many      ? many_image
                              : is_gated     ? gated_image
                              : is_broadcast ? broadcast_image
                              : is_bytes     ? bytes_image
                                             : slots_image;
  if (!tally::core::create_file(path, patched(image, {data, size}), 0600)) return 0;
  (void)ring::stat_ring(ring_name());
  (void)ring::verify_ring(ring_name());
  if (is_lean) {
    use_lean();
  } else if (is_shared && is_many) {
    use_shared<ring::MpscProducer>(ring::SlotForm::traded);
  } else if (is_shared) {
    use_shared<ring::Producer>(ring::SlotForm::shared_out);
  } else if (is_many) {
    use_many();
  } else if (is_broadcast) {
    use_broadcast(is_gated ? ring::Full::block : ring::Full::drop_old);
  } else if (is_bytes) {
    use_bytes();
  } else {
    use_slots();
  }
  (void)ring::remove_ring(ring_name(), true);
  ::unlink(path.c_str());
  return 0;
}
