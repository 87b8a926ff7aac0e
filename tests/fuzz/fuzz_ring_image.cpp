// Attaching to a file of /dev/shm that somebody has changed: it is refused, or used without leaving
// its bounds. Input: a mode byte (1: seal the header again, so that the checks behind the CRC are
// reached; 2: cut the file at the next two bytes), then patches of three bytes: offset, xor value.
#include <cstring>
#include <unistd.h>
#include <vector>

#include "core/endian.hpp"
#include "core/file.hpp"
#include "ring/consumer.hpp"
#include "ring/inspector.hpp"
#include "ring/layout.hpp"
#include "ring/producer.hpp"

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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const tally::Bytes image = make_image();
  const std::string path = ring::ring_path(ring_name());
  ::unlink(path.c_str());
  if (!tally::core::create_file(path, patched(image, {data, size}), 0600)) return 0;
  (void)ring::stat_ring(ring_name());
  auto consumer = ring::Consumer::open(ring_name());
  auto producer = ring::Producer::open(ring_name());
  tally::Bytes buffer(ring::kMaxPayloadBytes);
  constexpr std::uint64_t kLongPast = 1;
  for (int i = 0; i < 8; ++i) {
    ring::RecordMeta meta;
    if (consumer && consumer->pop_wait(meta, buffer, kLongPast) == ring::PopResult::ok &&
        meta.length > consumer->payload_bytes()) {
      __builtin_trap();
    }
    if (producer) (void)producer->push({}, tally::core::as_bytes("three"), kLongPast);
  }
  (void)ring::remove_ring(ring_name(), true);
  ::unlink(path.c_str());
  return 0;
}
