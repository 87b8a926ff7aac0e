#include "net_packet.hpp"

#include <algorithm>

#include "core/endian.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::uint16_t kClientFlag = 1;
constexpr std::uint16_t kPongFlag = 2;
constexpr std::size_t kFlagsAt = 8;
constexpr std::size_t kLengthAt = 10;
constexpr std::uint8_t kFilling = 0x5a;

}  // namespace

void write_packet(Dialect dialect, std::uint64_t run, std::uint64_t sequence,
                  MutableByteView packet) {
  std::fill(packet.begin(), packet.end(), kFilling);
  if (dialect == Dialect::echo) {
    core::store_le(packet.data(), run);
    core::store_le(packet.data() + 8, sequence);
    return;
  }
  core::store_be(packet.data(), sequence);
  core::store_be(packet.data() + kFlagsAt, static_cast<std::uint16_t>(kClientFlag | kPongFlag));
  core::store_be(packet.data() + kLengthAt, static_cast<std::uint32_t>(packet.size()));
}

std::optional<std::uint64_t> read_answer(Dialect dialect, std::uint64_t run, std::size_t bytes,
                                         ByteView answer) {
  if (answer.size() != bytes) return std::nullopt;
  if (dialect == Dialect::echo) {
    if (core::load_le<std::uint64_t>(answer.data()) != run) return std::nullopt;
    return core::load_le<std::uint64_t>(answer.data() + 8);
  }
  if ((core::load_be<std::uint16_t>(answer.data() + kFlagsAt) & kClientFlag) != 0)
    return std::nullopt;
  return core::load_be<std::uint64_t>(answer.data());
}

}  // namespace tally::bench_tool
