#include "net/frame.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>

#include "core/crc32c.hpp"
#include "core/endian.hpp"
#include "core/suggest.hpp"

namespace tally::net {
namespace {

constexpr std::array<std::string_view, 4> kNames{"rec", "line", "hex", "jsonl"};

constexpr std::size_t kMagicAt = 0;
constexpr std::size_t kLengthAt = 4;
constexpr std::size_t kSequenceAt = 8;
constexpr std::size_t kTimeAt = 16;
constexpr std::size_t kFlagsAt = 24;
constexpr std::size_t kSourceAt = 26;
constexpr std::size_t kCrcAt = 28;

constexpr std::uint32_t kMagic = 0x00524c54;  // "TLR" in the first three bytes
constexpr std::uint32_t kMagicMask = 0x00ffffff;
constexpr std::uint32_t kVersion = 1;

void append_hex(ByteView payload, Bytes& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const std::uint8_t byte : payload) {
    out.push_back(static_cast<std::uint8_t>(kDigits[byte >> 4U]));
    out.push_back(static_cast<std::uint8_t>(kDigits[byte & 15U]));
  }
}

void append_jsonl(const Record& record, Bytes& out) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"seq":{},"time_ns":{},"flags":{},"source":{},"payload":")", record.sequence,
                 record.time_ns, record.flags, record.source);
  append_hex(record.payload, out);
  const ByteView end = core::as_bytes("\"}\n");
  out.insert(out.end(), end.begin(), end.end());
}

}  // namespace

std::string_view framing_name(Framing framing) {
  return kNames.at(static_cast<std::size_t>(framing));
}

Result<Framing> parse_framing(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found != kNames.end()) return static_cast<Framing>(found - kNames.begin());
  return fail(Code::usage, fmt::format("unknown framing '{}'", name),
              core::did_you_mean(name, kNames, "the framings are rec, line, hex and jsonl"));
}

RecHeader encode_rec_header(const Record& record) {
  RecHeader header{};
  core::store_le(header.data() + kMagicAt, kMagic | kVersion << 24U);
  core::store_le(header.data() + kLengthAt, static_cast<std::uint32_t>(record.payload.size()));
  core::store_le(header.data() + kSequenceAt, record.sequence);
  core::store_le(header.data() + kTimeAt, record.time_ns);
  core::store_le(header.data() + kFlagsAt, record.flags);
  core::store_le(header.data() + kSourceAt, record.source);
  core::store_le(header.data() + kCrcAt, core::crc32c(ByteView(header).first(kCrcAt)));
  return header;
}

HeaderFault decode_rec_header(std::span<const std::uint8_t, kRecHeaderBytes> header, Record& record,
                              std::size_t& length_bytes) {
  const std::uint8_t* const at = header.data();
  const auto magic = core::load_le<std::uint32_t>(at + kMagicAt);
  if ((magic & kMagicMask) != kMagic) return HeaderFault::magic;
  if (magic >> 24U != kVersion) return HeaderFault::version;
  const auto crc = core::load_le<std::uint32_t>(at + kCrcAt);
  if (crc != core::crc32c(header.first<kCrcAt>())) return HeaderFault::crc;
  const auto length = core::load_le<std::uint32_t>(at + kLengthAt);
  if (length > kMaxPayloadBytes) return HeaderFault::length;
  record.sequence = core::load_le<std::uint64_t>(at + kSequenceAt);
  record.time_ns = core::load_le<std::uint64_t>(at + kTimeAt);
  record.flags = core::load_le<std::uint16_t>(at + kFlagsAt);
  record.source = core::load_le<std::uint16_t>(at + kSourceAt);
  length_bytes = length;
  return HeaderFault::none;
}

Error describe(HeaderFault fault, std::span<const std::uint8_t, kRecHeaderBytes> header) {
  const auto error = [](std::string message, std::string hint = {}) {
    return Error{Code::bad_data, std::move(message), std::move(hint), 0};
  };
  switch (fault) {
    case HeaderFault::none:
      break;
    case HeaderFault::magic:
      return error(fmt::format("bad magic {:02x} {:02x} {:02x}", header[0], header[1], header[2]),
                   "is the input framed as rec? other framings are line, hex and jsonl");
    case HeaderFault::version:
      return error(fmt::format("header version {}, this tool reads {}", header[3], kVersion));
    case HeaderFault::crc:
      return error("the header's CRC is wrong");
    case HeaderFault::length:
      return error(fmt::format("payload of {} bytes, the largest allowed is {}",
                               core::load_le<std::uint32_t>(header.data() + kLengthAt),
                               kMaxPayloadBytes));
  }
  return Error{Code::internal, "no fault", {}, 0};
}

bool encode_frame(Framing framing, const Record& record, Bytes& out) {
  const ByteView payload = record.payload;
  if (payload.size() > kMaxPayloadBytes) return false;
  switch (framing) {
    case Framing::rec: {
      const RecHeader header = encode_rec_header(record);
      out.insert(out.end(), header.begin(), header.end());
      out.insert(out.end(), payload.begin(), payload.end());
      return true;
    }
    case Framing::line:
      if (std::find(payload.begin(), payload.end(), '\n') != payload.end()) return false;
      out.insert(out.end(), payload.begin(), payload.end());
      out.push_back('\n');
      return true;
    case Framing::hex:
      append_hex(payload, out);
      out.push_back('\n');
      return true;
    case Framing::jsonl:
      append_jsonl(record, out);
      return true;
  }
  return false;
}

}  // namespace tally::net
