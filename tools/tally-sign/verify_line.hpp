// One question of `tally-sign verify`: a JSON line that names a key, a message and a signature.
//
//   {"id":1,"scheme":"bip340","pubkey":HEX,"message":HEX,"sig":HEX}
//   {"id":2,"scheme":"ecdsa","pubkey":HEX,"digest":HEX,"sig":HEX,"format":"der","low_s":true}
//
// pubkey: x-only (32 bytes) for bip340, SEC1 (33 or 65) for ecdsa. message or digest, not both;
// bip340 signs the message as it is, ecdsa its hash ("hash":"sha256"). format: der or compact.
// low_s: whether a high s is refused, as Bitcoin does; true when absent. Any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tally::sign {

struct Answer {
  bool ok = false;
  std::string json;  // {"id":...,"ok":...,"why":...}, with "line" when the line cannot be read
};

[[nodiscard]] Answer answer_line(std::string_view line, std::uint64_t number);

// The answer for a line that cannot be read.
[[nodiscard]] Answer unreadable(std::uint64_t number, std::string_view why);

}  // namespace tally::sign
