// What a party is willing to sign. There is no default: a signer that signs anything must have been
// told so. Rules are alternatives, a message passes when one of them takes it.
//
//   any                        every message
//   digest                     digests that others computed (ECDSA), of which nobody sees the
//                              message
//   prefix=HEX,max-bytes=N     messages that begin with these bytes and have at most N bytes;
//                              either part may stand alone, and none twice
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace tally::sign {

class Policy {
 public:
  // Errors: usage, naming the rule; also when there is none.
  [[nodiscard]] static Result<Policy> parse(const std::vector<std::string>& rules);

  [[nodiscard]] bool allows(ByteView message) const;
  [[nodiscard]] bool allows_digest() const { return allows_digest_; }

 private:
  // A part that the rule does not have is nothing.
  struct Rule {
    std::optional<Bytes> prefix;
    std::optional<std::uint64_t> max_bytes;
  };
  [[nodiscard]] static Result<Rule> parse_rule(std::string_view text);
  // The parts of the rule before it are in `rule`.
  [[nodiscard]] static Status parse_part(std::string_view part, Rule& rule);

  std::vector<Rule> rules_;
  bool allows_digest_ = false;
};

}  // namespace tally::sign
