#include "pipeline_packet.hpp"

#include <algorithm>
#include <string_view>

#include "core/endian.hpp"

namespace tally::bench_tool {

namespace {

constexpr std::string_view kMagic = "TALLYBP1";

}  // namespace

void write_packet(const RunId& run, std::uint64_t sequence, std::uint64_t intended_ns,
                  MutableByteView out) {
  std::copy(kMagic.begin(), kMagic.end(), out.begin());
  std::copy(run.begin(), run.end(), out.begin() + 8);
  core::store_le(&out[16], sequence);
  core::store_le(&out[24], intended_ns);
  for (std::size_t i = kPacketHeaderBytes; i < out.size(); ++i)
    out[i] = static_cast<std::uint8_t>(sequence + i);
}

std::optional<std::uint64_t> packet_sequence(const RunId& run, ByteView datagram) {
  if (datagram.size() < kPacketHeaderBytes) return std::nullopt;
  if (!std::equal(kMagic.begin(), kMagic.end(), datagram.begin())) return std::nullopt;
  if (!std::equal(run.begin(), run.end(), datagram.begin() + 8)) return std::nullopt;
  return core::load_le<std::uint64_t>(&datagram[16]);
}

}  // namespace tally::bench_tool
