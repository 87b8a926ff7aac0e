// Records on byte streams: pipes, files, standard input and output.
//
//   rec    a fixed 32-byte little-endian header before each payload, for programs:
//            0 magic "TLR" and version 1    8 sequence u64        24 flags u16   26 source u16
//            4 payload length u32          16 time u64 ns         28 CRC-32C of bytes 0 to 27
//   line   one record a line, without the newline; a payload with a newline cannot be written
//   hex    one record a line, as hexadecimal digits
//   jsonl  {"seq":1,"time_ns":2,"flags":0,"source":0,"payload":"hex"} a line; payload must be
//          there, other keys with plain values are passed over
//
// A stream is never resynchronised: the first malformed byte ends it with an error that names its
// place, because what follows a lie about length is anybody's guess.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/bytes.hpp"
#include "core/result.hpp"
#include "net/record.hpp"

namespace tally::net {

enum class Framing { rec, line, hex, jsonl };

[[nodiscard]] std::string_view framing_name(Framing framing);
// Errors: usage, with a suggestion.
[[nodiscard]] Result<Framing> parse_framing(std::string_view name);
// Whether the framing is for programs and would garble a terminal.
[[nodiscard]] inline bool is_binary(Framing framing) {
  return framing == Framing::rec;
}

inline constexpr std::size_t kRecHeaderBytes = 32;
using RecHeader = ByteArray<kRecHeaderBytes>;

[[nodiscard]] RecHeader encode_rec_header(const Record& record);

enum class HeaderFault { none, magic, version, crc, length };

// The fields of a header, and its payload's length in `length_bytes`.
[[nodiscard]] HeaderFault decode_rec_header(std::span<const std::uint8_t, kRecHeaderBytes> header,
                                            Record& record, std::size_t& length_bytes);
// What a fault is in words: bad_data, without the place, which only the caller knows.
[[nodiscard]] Error describe(HeaderFault fault,
                             std::span<const std::uint8_t, kRecHeaderBytes> header);

// Appends one framed record to `out`. False, with nothing appended, when the framing cannot carry
// this payload: longer than 64 KiB, or with a newline in `line`.
[[nodiscard]] bool encode_frame(Framing framing, const Record& record, Bytes& out);

}  // namespace tally::net
